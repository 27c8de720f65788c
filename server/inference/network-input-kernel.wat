(module
  ;; Looks up the values of pixels, for network-input.ts beside it. At 0 are three tables of 256 numbers of 32 bits: for red, green and blue.
  (memory (export "memory") 1)

  ;; The numbers of `count` values of pixels of three, rounded up to 12.
  (func (export "lookUp") (param $to i32) (param $pixels i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $pixels) (local.get $count)))
    (loop $more
      (i32.store (local.get $to) (i32.load (i32.shl (i32.load8_u (local.get $pixels)) (i32.const 2))))
      (i32.store offset=4 (local.get $to)
        (i32.load offset=1024 (i32.shl (i32.load8_u offset=1 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=8 (local.get $to)
        (i32.load offset=2048 (i32.shl (i32.load8_u offset=2 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=12 (local.get $to) (i32.load (i32.shl (i32.load8_u offset=3 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=16 (local.get $to)
        (i32.load offset=1024 (i32.shl (i32.load8_u offset=4 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=20 (local.get $to)
        (i32.load offset=2048 (i32.shl (i32.load8_u offset=5 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=24 (local.get $to) (i32.load (i32.shl (i32.load8_u offset=6 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=28 (local.get $to)
        (i32.load offset=1024 (i32.shl (i32.load8_u offset=7 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=32 (local.get $to)
        (i32.load offset=2048 (i32.shl (i32.load8_u offset=8 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=36 (local.get $to) (i32.load (i32.shl (i32.load8_u offset=9 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=40 (local.get $to)
        (i32.load offset=1024 (i32.shl (i32.load8_u offset=10 (local.get $pixels)) (i32.const 2))))
      (i32.store offset=44 (local.get $to)
        (i32.load offset=2048 (i32.shl (i32.load8_u offset=11 (local.get $pixels)) (i32.const 2))))
      (local.set $to (i32.add (local.get $to) (i32.const 48)))
      (br_if $more
        (i32.lt_u (local.tee $pixels (i32.add (local.get $pixels) (i32.const 12))) (local.get $end)))))
)
