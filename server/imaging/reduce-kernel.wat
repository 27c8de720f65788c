(module
  ;; The inner loops of reducing a picture by a kernel, for server/imaging/reduce-picture.ts, which lays out the memory.
  ;; Values are 8 bits, weights 16 bits in multiples of 1/4096; sums have 32 bits, are rounded and clipped to 0–255.
  ;; V8 makes one instruction of a shuffle that interleaves two vectors, and up to twelve of any other.
  (memory (export "memory") 1)

  ;; One row of weighted sums of rows. `sources` points to the addresses of `pairs` pairs of rows, `weights` to two weights for each.
  ;; Writes `length` values rounded up to 32.
  (func (export "sumRows") (param $to i32) (param $sources i32) (param $weights i32) (param $pairs i32) (param $length i32)
    (local $at i32) (local $index i32) (local $one i32) (local $other i32)
    (local $first v128) (local $second v128) (local $both v128) (local $weight v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (loop $columns
      (local.set $a (v128.const i32x4 2048 2048 2048 2048))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $e (local.get $a))
      (local.set $f (local.get $a))
      (local.set $g (local.get $a))
      (local.set $h (local.get $a))
      (local.set $index (i32.const 0))
      (loop $rows
        (local.set $one (i32.add (local.get $sources) (i32.shl (local.get $index) (i32.const 3))))
        (local.set $other (i32.add (i32.load offset=4 (local.get $one)) (local.get $at)))
        (local.set $one (i32.add (i32.load (local.get $one)) (local.get $at)))
        (local.set $weight
          (v128.load32_splat (i32.add (local.get $weights) (i32.shl (local.get $index) (i32.const 2)))))
        (local.set $first (v128.load align=1 (local.get $one)))
        (local.set $second (v128.load align=1 (local.get $other)))
        (local.set $both
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $first) (local.get $second)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $both
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $first) (local.get $second)))
        (local.set $c (i32x4.add (local.get $c) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $d (i32x4.add (local.get $d) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $first (v128.load offset=16 align=1 (local.get $one)))
        (local.set $second (v128.load offset=16 align=1 (local.get $other)))
        (local.set $both
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $first) (local.get $second)))
        (local.set $e (i32x4.add (local.get $e) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $f (i32x4.add (local.get $f) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $both
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $first) (local.get $second)))
        (local.set $g (i32x4.add (local.get $g) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $h (i32x4.add (local.get $h) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br_if $rows (i32.lt_u (local.get $index) (local.get $pairs))))
      (local.set $one (i32.add (local.get $to) (local.get $at)))
      (v128.store align=1 (local.get $one)
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 12)) (i32x4.shr_s (local.get $b) (i32.const 12)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 12)) (i32x4.shr_s (local.get $d) (i32.const 12)))))
      (v128.store offset=16 align=1 (local.get $one)
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $e) (i32.const 12)) (i32x4.shr_s (local.get $f) (i32.const 12)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $g) (i32.const 12)) (i32x4.shr_s (local.get $h) (i32.const 12)))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br_if $columns (i32.lt_u (local.get $at) (local.get $length)))))

  ;; Makes one row of four, each `stride` bytes behind the one before: the first values of all four, then the second ones, and so on.
  ;; Reads `length` values of each, rounded up to 16.
  (func (export "interleave") (param $to i32) (param $from i32) (param $stride i32) (param $length i32)
    (local $end i32) (local $half i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $ab v128) (local $cd v128)
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (loop $more
      (local.set $half (i32.add (local.get $from) (i32.shl (local.get $stride) (i32.const 1))))
      (local.set $a (v128.load align=1 (local.get $from)))
      (local.set $b (v128.load align=1 (i32.add (local.get $from) (local.get $stride))))
      (local.set $c (v128.load align=1 (local.get $half)))
      (local.set $d (v128.load align=1 (i32.add (local.get $half) (local.get $stride))))
      (local.set $ab (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $c) (local.get $d)))
      (v128.store align=1 (local.get $to)
        (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $ab) (local.get $cd)))
      (v128.store offset=16 align=1 (local.get $to)
        (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $ab) (local.get $cd)))
      (local.set $ab (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b)))
      (local.set $cd (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $c) (local.get $d)))
      (v128.store offset=32 align=1 (local.get $to)
        (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $ab) (local.get $cd)))
      (v128.store offset=48 align=1 (local.get $to)
        (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $ab) (local.get $cd)))
      (local.set $to (i32.add (local.get $to) (i32.const 64)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Writes the twelve bytes at `from`, a pixel of four interleaved rows, again and again from `to` to before `end`.
  (func (export "repeat") (param $to i32) (param $end i32) (param $from i32)
    (local $most i64) (local $rest i32)
    (local.set $most (i64.load align=1 (local.get $from)))
    (local.set $rest (i32.load offset=8 align=1 (local.get $from)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (i64.store align=1 (local.get $to) (local.get $most))
        (i32.store offset=8 align=1 (local.get $to) (local.get $rest))
        (local.set $to (i32.add (local.get $to) (i32.const 12)))
        (br $more))))

  ;; Four rows of pixels, `stride` bytes apart, of weighted sums of neighbouring pixels of four interleaved rows. For each of `columns`
  ;; pixels, `offsets` has the offset of its first pixel, and `weights` two weights for each of `pairs` pairs of pixels.
  (func (export "sumColumns") (param $to i32) (param $stride i32) (param $from i32) (param $offsets i32) (param $weights i32)
    (param $pairs i32) (param $columns i32)
    (local $end i32) (local $pair i32) (local $at i32) (local $row i32) (local $first v128) (local $second v128) (local $both v128)
    (local $weight v128) (local $red v128) (local $green v128) (local $blue v128)
    (local.set $end (i32.add (local.get $offsets) (i32.shl (local.get $columns) (i32.const 2))))
    (loop $columns
      (local.set $at (i32.add (local.get $from) (i32.load (local.get $offsets))))
      (local.set $red (v128.const i32x4 2048 2048 2048 2048))
      (local.set $green (local.get $red))
      (local.set $blue (local.get $red))
      (local.set $pair (local.get $pairs))
      (loop $taps
        (local.set $first (v128.load align=1 (local.get $at)))
        (local.set $second (v128.load offset=12 align=1 (local.get $at)))
        (local.set $weight (v128.load32_splat (local.get $weights)))
        (local.set $both
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $first) (local.get $second)))
        (local.set $red (i32x4.add (local.get $red) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $green (i32x4.add (local.get $green) (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $both
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $first) (local.get $second)))
        (local.set $blue (i32x4.add (local.get $blue) (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weight))))
        (local.set $at (i32.add (local.get $at) (i32.const 24)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
        (br_if $taps (local.tee $pair (i32.sub (local.get $pair) (i32.const 1)))))
      ;; Red and green of the four rows, then blue.
      (local.set $first
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $red) (i32.const 12)) (i32x4.shr_s (local.get $green) (i32.const 12)))
          (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $blue) (i32.const 12)) (local.get $first))))
      (local.set $both
        (i8x16.shuffle 0 4 1 5 2 6 3 7 8 9 10 11 8 9 10 11 (local.get $first) (local.get $first)))
      (local.set $row (local.get $to))
      (v128.store16_lane align=1 0 (local.get $row) (local.get $both))
      (v128.store8_lane offset=2 8 (local.get $row) (local.get $both))
      (local.set $row (i32.add (local.get $row) (local.get $stride)))
      (v128.store16_lane align=1 1 (local.get $row) (local.get $both))
      (v128.store8_lane offset=2 9 (local.get $row) (local.get $both))
      (local.set $row (i32.add (local.get $row) (local.get $stride)))
      (v128.store16_lane align=1 2 (local.get $row) (local.get $both))
      (v128.store8_lane offset=2 10 (local.get $row) (local.get $both))
      (local.set $row (i32.add (local.get $row) (local.get $stride)))
      (v128.store16_lane align=1 3 (local.get $row) (local.get $both))
      (v128.store8_lane offset=2 11 (local.get $row) (local.get $both))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
      (br_if $columns (i32.lt_u (local.get $offsets) (local.get $end)))))
)
