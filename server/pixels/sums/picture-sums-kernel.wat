(module
  ;; The loops over all pixels of a picture, for picture-sums.ts beside it: sums for the working image of the cell finder, and the measures of
  ;; quality. Everything is counted in whole numbers, so the results are the same on every machine.
  (memory (export "memory") 1)
  ;; 8 × 0xffff and 8 × 0: read from 2 × (8 − n) bytes further on, it keeps the first n of 8 values.
  (data (i32.const 0) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")

  ;; Sums of columns of values of 8 bits, over at most 257 `rows` of `stride` bytes. Makes `length` sums of 32 bits, rounded up to 16.
  (func (export "sumRows") (param $sums i32) (param $row i32) (param $stride i32) (param $rows i32) (param $length i32)
    (local $end i32) (local $at i32) (local $left i32) (local $values v128) (local $low v128) (local $high v128)
    (local.set $end (i32.add (local.get $row) (local.get $length)))
    (loop $more
      (local.set $low (v128.const i16x8 0 0 0 0 0 0 0 0))
      (local.set $high (local.get $low))
      (local.set $at (local.get $row))
      (local.set $left (local.get $rows))
      (loop $down
        (local.set $values (v128.load align=1 (local.get $at)))
        (local.set $low (i16x8.add (local.get $low) (i16x8.extend_low_i8x16_u (local.get $values))))
        (local.set $high (i16x8.add (local.get $high) (i16x8.extend_high_i8x16_u (local.get $values))))
        (local.set $at (i32.add (local.get $at) (local.get $stride)))
        (br_if $down (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (v128.store (local.get $sums) (i32x4.extend_low_i16x8_u (local.get $low)))
      (v128.store offset=16 (local.get $sums) (i32x4.extend_high_i16x8_u (local.get $low)))
      (v128.store offset=32 (local.get $sums) (i32x4.extend_low_i16x8_u (local.get $high)))
      (v128.store offset=48 (local.get $sums) (i32x4.extend_high_i16x8_u (local.get $high)))
      (local.set $sums (i32.add (local.get $sums) (i32.const 64)))
      (local.set $row (i32.add (local.get $row) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $row) (local.get $end)))))

  ;; Means of `factor` × `factor` pixels, from sums over rows: `columns` pixels of three values, rounded. Writes one byte behind the last.
  (func (export "meansOfSums") (param $to i32) (param $sums i32) (param $columns i32) (param $factor i32)
    (local $end i32) (local $left i32) (local $sum v128) (local $scale f64) (local $means v128)
    (local.set $scale
      (f64.div (f64.const 1) (f64.convert_i32_u (i32.mul (local.get $factor) (local.get $factor)))))
    (local.set $end (i32.add (local.get $to) (i32.mul (local.get $columns) (i32.const 3))))
    (loop $pixels
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (local.set $left (local.get $factor))
      (loop $more
        (local.set $sum (i32x4.add (local.get $sum) (v128.load align=4 (local.get $sums))))
        (local.set $sums (i32.add (local.get $sums) (i32.const 12)))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $means
        (i8x16.shuffle 0 4 16 16 16 16 16 16 16 16 16 16 16 16 16 16
          (call $rounded (local.get $sum) (local.get $scale))
          (call $rounded
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $sum) (local.get $sum))
            (local.get $scale))))
      (v128.store32_lane align=1 0 (local.get $to) (local.get $means))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (br_if $pixels (i32.lt_u (local.get $to) (local.get $end)))))

  (func $rounded (param $sum v128) (param $scale f64) (result v128)
    (i32x4.trunc_sat_f64x2_u_zero
      (f64x2.add
        (f64x2.mul (f64x2.convert_low_i32x4_u (local.get $sum)) (f64x2.splat (local.get $scale)))
        (v128.const f64x2 0.5 0.5))))

  ;; The brightness of pixels of three values, (red + 2 green + blue) / 4, of `count` pixels rounded up to 16; behind the last pixel must
  ;; be zeros. At `results`, as 32 bits: the sum of the differences between the strongest and the weakest of the three, and the number
  ;; of pixels in which all are at least 254.
  (func (export "brightness") (param $to i32) (param $pixels i32) (param $count i32) (param $results i32)
    (local $end i32) (local $a v128) (local $b v128) (local $c v128)
    (local $red v128) (local $green v128) (local $blue v128) (local $least v128)
    (local $spread v128) (local $clipped i32)
    (local.set $end (i32.add (local.get $to) (local.get $count)))
    (loop $more
      (local.set $a (v128.load align=1 (local.get $pixels)))
      (local.set $b (v128.load offset=16 align=1 (local.get $pixels)))
      (local.set $c (v128.load offset=32 align=1 (local.get $pixels)))
      (local.set $red
        (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 17 20 23 26 29
          (i8x16.shuffle 0 3 6 9 12 15 18 21 24 27 30 0 0 0 0 0 (local.get $a) (local.get $b))
          (local.get $c)))
      (local.set $green
        (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 18 21 24 27 30
          (i8x16.shuffle 1 4 7 10 13 16 19 22 25 28 31 0 0 0 0 0 (local.get $a) (local.get $b))
          (local.get $c)))
      (local.set $blue
        (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 16 19 22 25 28 31
          (i8x16.shuffle 2 5 8 11 14 17 20 23 26 29 0 0 0 0 0 0 (local.get $a) (local.get $b))
          (local.get $c)))
      (v128.store align=1 (local.get $to)
        (i8x16.narrow_i16x8_u
          (i16x8.shr_u
            (i16x8.add
              (i16x8.add (i16x8.extend_low_i8x16_u (local.get $red)) (i16x8.extend_low_i8x16_u (local.get $blue)))
              (i16x8.shl (i16x8.extend_low_i8x16_u (local.get $green)) (i32.const 1)))
            (i32.const 2))
          (i16x8.shr_u
            (i16x8.add
              (i16x8.add (i16x8.extend_high_i8x16_u (local.get $red)) (i16x8.extend_high_i8x16_u (local.get $blue)))
              (i16x8.shl (i16x8.extend_high_i8x16_u (local.get $green)) (i32.const 1)))
            (i32.const 2))))
      (local.set $least (i8x16.min_u (local.get $red) (i8x16.min_u (local.get $green) (local.get $blue))))
      (local.set $spread
        (i32x4.add (local.get $spread)
          (i32x4.extadd_pairwise_i16x8_u
            (i16x8.extadd_pairwise_i8x16_u
              (i8x16.sub
                (i8x16.max_u (local.get $red) (i8x16.max_u (local.get $green) (local.get $blue)))
                (local.get $least))))))
      (local.set $clipped
        (i32.add (local.get $clipped)
          (i32.popcnt (i8x16.bitmask (i8x16.ge_u (local.get $least) (i8x16.splat (i32.const 254)))))))
      (local.set $pixels (i32.add (local.get $pixels) (i32.const 48)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $to) (local.get $end))))
    (i32.store (local.get $results) (call $total (local.get $spread)))
    (i32.store offset=4 (local.get $results) (local.get $clipped)))

  (func $total (param $sums v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sums)) (i32x4.extract_lane 1 (local.get $sums)))
      (i32.add (i32x4.extract_lane 2 (local.get $sums)) (i32x4.extract_lane 3 (local.get $sums)))))

  ;; How often each of 256 values occurs: adds to as many numbers of 32 bits.
  (func (export "count") (param $histogram i32) (param $values i32) (param $count i32)
    (local $end i32) (local $at i32)
    (local.set $end (i32.add (local.get $values) (local.get $count)))
    (loop $more
      (local.set $at
        (i32.add (local.get $histogram) (i32.shl (i32.load8_u (local.get $values)) (i32.const 2))))
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
      (local.set $values (i32.add (local.get $values) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $values) (local.get $end)))))

  ;; Of the inner pixels of a square of brightness, as 64 bits at `results`: the sum of the squares of the Laplacian, and that of the
  ;; squared gradient, times four.
  (func (export "sharpness") (param $values i32) (param $size i32) (param $results i32)
    (local $row i32) (local $at i32) (local $left i32) (local $above i32) (local $keep v128)
    (local $laplacian v128) (local $across v128) (local $down v128)
    (local $curvatures v128) (local $slopes v128) (local $curvature i64) (local $slope i64)
    (local.set $row (i32.sub (local.get $size) (i32.const 2)))
    (local.set $above (local.get $values))
    (loop $rows
      (local.set $curvatures (v128.const i32x4 0 0 0 0))
      (local.set $slopes (v128.const i32x4 0 0 0 0))
      (local.set $at (i32.add (local.get $above) (i32.const 1)))
      (local.set $left (i32.sub (local.get $size) (i32.const 2)))
      (loop $more
        (local.set $across (v128.load8x8_u align=1 (i32.add (local.get $at) (i32.sub (local.get $size) (i32.const 1)))))
        (local.set $laplacian (v128.load8x8_u align=1 (i32.add (local.get $at) (i32.add (local.get $size) (i32.const 1)))))
        (local.set $keep (i16x8.add (local.get $laplacian) (local.get $across)))
        (local.set $across (i16x8.sub (local.get $laplacian) (local.get $across)))
        (local.set $down (v128.load8x8_u align=1 (local.get $at)))
        (local.set $laplacian
          (v128.load8x8_u align=1 (i32.add (local.get $at) (i32.shl (local.get $size) (i32.const 1)))))
        (local.set $keep (i16x8.add (local.get $keep) (i16x8.add (local.get $laplacian) (local.get $down))))
        (local.set $down (i16x8.sub (local.get $laplacian) (local.get $down)))
        (local.set $laplacian
          (i16x8.sub (local.get $keep)
            (i16x8.shl (v128.load8x8_u align=1 (i32.add (local.get $at) (local.get $size))) (i32.const 2))))
        (if (i32.lt_s (local.get $left) (i32.const 8))
          (then
            (local.set $keep
              (v128.load align=2 (i32.shl (i32.sub (i32.const 8) (local.get $left)) (i32.const 1))))
            (local.set $laplacian (v128.and (local.get $laplacian) (local.get $keep)))
            (local.set $across (v128.and (local.get $across) (local.get $keep)))
            (local.set $down (v128.and (local.get $down) (local.get $keep)))))
        (local.set $curvatures
          (i32x4.add (local.get $curvatures) (i32x4.dot_i16x8_s (local.get $laplacian) (local.get $laplacian))))
        (local.set $slopes
          (i32x4.add (local.get $slopes)
            (i32x4.add
              (i32x4.dot_i16x8_s (local.get $across) (local.get $across))
              (i32x4.dot_i16x8_s (local.get $down) (local.get $down)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $more (i32.gt_s (local.tee $left (i32.sub (local.get $left) (i32.const 8))) (i32.const 0))))
      (local.set $curvature (i64.add (local.get $curvature) (i64.extend_i32_u (call $total (local.get $curvatures)))))
      (local.set $slope (i64.add (local.get $slope) (i64.extend_i32_u (call $total (local.get $slopes)))))
      (local.set $above (i32.add (local.get $above) (local.get $size)))
      (br_if $rows (local.tee $row (i32.sub (local.get $row) (i32.const 1)))))
    (f64.store (local.get $results) (f64.convert_i64_u (local.get $curvature)))
    (f64.store offset=8 (local.get $results) (f64.convert_i64_u (local.get $slope))))
)
