// @tensorflow/tfjs-node 4.22, the last release, calls `util.isNullOrUndefined` and `util.isArray`, which Node 23 removed: without
// them every sum, and so every training run, ends in a TypeError. This puts both back. It must run before tfjs-node in each
// process and thread that loads it: training/tensorflow.ts and scripts/install-tensorflow.mjs do so.
'use strict';
const util = require('node:util');

util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
