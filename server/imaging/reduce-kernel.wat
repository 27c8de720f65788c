(module
  ;; The two inner loops of reducing a picture by a kernel, for server/imaging/reduce-picture.ts, which lays out the memory.
  ;; Values are 8 bits, weights 16 bits in multiples of 1/4096; sums have 32 bits, are rounded and clipped to 0–255.
  (memory (export "memory") 1)

  ;; One row of weighted sums of rows. `sources` points to the addresses of `pairs` pairs of rows, `weights` to two weights for each.
  ;; Writes `length` values rounded up to 16.
  (func (export "sumRows") (param $to i32) (param $sources i32) (param $weights i32) (param $pairs i32) (param $length i32)
    (local $at i32) (local $index i32) (local $source i32) (local $first v128) (local $second v128) (local $both v128) (local $weight v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $columns
      (local.set $a (v128.const i32x4 2048 2048 2048 2048))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $index (i32.const 0))
      (loop $rows
        (local.set $source (i32.add (local.get $sources) (i32.shl (local.get $index) (i32.const 3))))
        (local.set $first (v128.load align=1 (i32.add (i32.load (local.get $source)) (local.get $at))))
        (local.set $second (v128.load align=1 (i32.add (i32.load offset=4 (local.get $source)) (local.get $at))))
        (local.set $weight
          (v128.load32_splat (i32.add (local.get $weights) (i32.shl (local.get $index) (i32.const 2)))))
        (local.set $both
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $first) (local.get $second)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $both
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $first) (local.get $second)))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br_if $rows (i32.lt_u (local.get $index) (local.get $pairs))))
      (v128.store align=1
        (i32.add (local.get $to) (local.get $at))
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 12)) (i32x4.shr_s (local.get $b) (i32.const 12)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 12)) (i32x4.shr_s (local.get $d) (i32.const 12)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $columns (i32.lt_u (local.get $at) (local.get $length)))))

  ;; A row of pixels of weighted sums of neighbouring pixels of a row. For each of `columns` pixels, `offsets` has the offset of its
  ;; first pixel, and `weights` two weights for each of `pairs` pairs of pixels, an even number. Writes one value behind the last pixel.
  (func (export "sumColumns") (param $to i32) (param $from i32) (param $offsets i32) (param $weights i32) (param $pairs i32) (param $columns i32)
    (local $column i32) (local $pair i32) (local $at i32) (local $pixels v128) (local $sum v128)
    (loop $columns
      (local.set $at
        (i32.add (local.get $from)
          (i32.load (i32.add (local.get $offsets) (i32.shl (local.get $column) (i32.const 2))))))
      (local.set $sum (v128.const i32x4 2048 2048 2048 2048))
      (local.set $pair (local.get $pairs))
      (loop $taps
        (local.set $pixels (v128.load align=1 (local.get $at)))
        (local.set $sum
          (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s
              (i8x16.swizzle (local.get $pixels)
                (v128.const i8x16 0 0x80 3 0x80 1 0x80 4 0x80 2 0x80 5 0x80 0x80 0x80 0x80 0x80))
              (v128.load32_splat (local.get $weights)))))
        (local.set $sum
          (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s
              (i8x16.swizzle (local.get $pixels)
                (v128.const i8x16 6 0x80 9 0x80 7 0x80 10 0x80 8 0x80 11 0x80 0x80 0x80 0x80 0x80))
              (v128.load32_splat offset=4 (local.get $weights)))))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 8)))
        (br_if $taps (local.tee $pair (i32.sub (local.get $pair) (i32.const 2)))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 12)))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (v128.store32_lane align=1 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (local.set $column (i32.add (local.get $column) (i32.const 1)))
      (br_if $columns (i32.lt_u (local.get $column) (local.get $columns)))))
)
