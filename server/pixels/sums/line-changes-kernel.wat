(module
  ;; How pixels change from line to line, for line-changes.ts beside it, which lays out the memory. Of a pixel counts red + blue.
  (memory (export "memory") 1)

  ;; Red + blue, as 16 bits, of `count` pixels that are `step` bytes apart.
  (func $colours (param $to i32) (param $from i32) (param $step i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 1))))
    (loop $more
      (i32.store16 (local.get $to) (i32.add (i32.load8_u (local.get $from)) (i32.load8_u offset=2 (local.get $from))))
      (local.set $from (i32.add (local.get $from) (local.get $step)))
      (local.set $to (i32.add (local.get $to) (i32.const 2)))
      (br_if $more (i32.lt_u (local.get $to) (local.get $end)))))

  ;; For each of `rows` rows of `size` bytes, in each of four parts `part` bytes apart: half the sum of the changes of `count` pixels from
  ;; the row before, and half that of their sizes. Writes 16 bits for each row, and for the next part `lines` × 16 bits further on.
  ;; `before` has 80 bytes for each part: the row before. `here` has 80 bytes. Both are 0 behind the last pixel.
  (func (export "compareRows") (param $from i32) (param $rows i32) (param $size i32) (param $part i32) (param $step i32) (param $count i32)
    (param $here i32) (param $before i32) (param $changes i32) (param $sizes i32) (param $lines i32)
    (local $quarter i32) (local $at i32) (local $to i32) (local $last i32) (local $pixels v128) (local $change v128) (local $sum v128)
    (local $total v128)
    (loop $down
      (local.set $quarter (i32.const 0))
      (local.set $last (local.get $before))
      (local.set $to (i32.const 0))
      (loop $parts
        (call $colours (local.get $here)
          (i32.add (local.get $from) (i32.mul (local.get $quarter) (local.get $part)))
          (local.get $step) (local.get $count))
        (local.set $sum (v128.const i16x8 0 0 0 0 0 0 0 0))
        (local.set $total (local.get $sum))
        (local.set $at (i32.const 0))
        (loop $more
          (local.set $pixels (v128.load align=1 (i32.add (local.get $here) (local.get $at))))
          (local.set $change
            (i16x8.shr_s
              (i16x8.sub (local.get $pixels) (v128.load align=1 (i32.add (local.get $last) (local.get $at))))
              (i32.const 1)))
          (v128.store align=1 (i32.add (local.get $last) (local.get $at)) (local.get $pixels))
          (local.set $sum (i16x8.add (local.get $sum) (local.get $change)))
          (local.set $total (i16x8.add (local.get $total) (i16x8.abs (local.get $change))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $more (i32.lt_u (local.get $at) (i32.shl (local.get $count) (i32.const 1)))))
        (i32.store16 (i32.add (local.get $changes) (local.get $to)) (call $all (local.get $sum)))
        (i32.store16 (i32.add (local.get $sizes) (local.get $to)) (call $all (local.get $total)))
        (local.set $to (i32.add (local.get $to) (i32.shl (local.get $lines) (i32.const 1))))
        (local.set $last (i32.add (local.get $last) (i32.const 80)))
        (br_if $parts
          (i32.lt_u (local.tee $quarter (i32.add (local.get $quarter) (i32.const 1))) (i32.const 4))))
      (local.set $changes (i32.add (local.get $changes) (i32.const 2)))
      (local.set $sizes (i32.add (local.get $sizes) (i32.const 2)))
      (local.set $from (i32.add (local.get $from) (local.get $size)))
      (br_if $down (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  (func $all (param $values v128) (result i32)
    (local $sums v128)
    (local.set $sums (i32x4.extadd_pairwise_i16x8_s (local.get $values)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sums)) (i32x4.extract_lane 1 (local.get $sums)))
      (i32.add (i32x4.extract_lane 2 (local.get $sums)) (i32x4.extract_lane 3 (local.get $sums)))))

  ;; Adds, for each of the `count` pixels of a row, half the change from the pixel before it to `changes` and half its size to `sizes`, both
  ;; 16 bits. Behind `here` is room for one more pixel than in the row; the first one is 0.
  (func (export "compareColumns") (param $from i32) (param $step i32) (param $count i32)
    (param $here i32) (param $changes i32) (param $sizes i32)
    (local $at i32) (local $change v128)
    (call $colours (i32.add (local.get $here) (i32.const 2)) (local.get $from) (local.get $step) (local.get $count))
    (loop $more
      (local.set $change
        (i16x8.shr_s
          (i16x8.sub
            (v128.load offset=2 align=1 (i32.add (local.get $here) (local.get $at)))
            (v128.load align=1 (i32.add (local.get $here) (local.get $at))))
          (i32.const 1)))
      (v128.store align=1 (i32.add (local.get $changes) (local.get $at))
        (i16x8.add (v128.load align=1 (i32.add (local.get $changes) (local.get $at))) (local.get $change)))
      (v128.store align=1 (i32.add (local.get $sizes) (local.get $at))
        (i16x8.add (v128.load align=1 (i32.add (local.get $sizes) (local.get $at))) (i16x8.abs (local.get $change))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $more (i32.lt_u (local.get $at) (i32.shl (local.get $count) (i32.const 1))))))
)
