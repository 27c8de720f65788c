import { z } from 'zod';
import { type Layer, LayersModelError, loadLayers, loadWeights, type Weight } from './layers-model.js';
import type { Manifest } from './manifest.js';
import { encodeOnnx, type OnnxNode, type OnnxTensor } from './onnx-proto.js';

/**
 * The ONNX form of a TensorFlow.js Layers model (`model.json`, `weights.bin` as `LayersModel.save` writes them), with the
 * same numbers up to float32 rounding. The network must end in GlobalAveragePooling2D and one linear dense logit.
 *
 * Input `image` `[N, S, S, 3]` float32; outputs `logits` `[N, 1]`, `embedding` `[N, D]` (the averaged last features) and
 * `features` `[N, h, w, D]`. Deterministic: the same model gives the same bytes. Throws LayersModelError, which names the
 * layer and lists the supported layers.
 */
export function exportOnnx(modelJson: Uint8Array, weights: Uint8Array): Uint8Array {
  const { nodes, initializers, inputShape, grid, head } = translate(modelJson, weights);
  const size = head.weights.length;
  return encodeOnnx({
    nodes,
    weights: initializers,
    inputs: [{ name: 'image', shape: ['N', ...inputShape] }],
    outputs: [
      { name: 'logits', shape: ['N', 1] },
      { name: 'embedding', shape: ['N', size] },
      { name: 'features', shape: ['N', ...grid, size] },
    ],
  });
}

/** The manifest's facts about the network, read from the network itself. Throws LayersModelError as `exportOnnx` does. */
export function describeNetwork(
  modelJson: Uint8Array,
  weights: Uint8Array,
): {
  evidence: Manifest['evidence'];
  parameters: number;
  macs: number;
  /** The number of outputs of all layers together for one image. */
  activations: number;
  inputShape: readonly [height: number, width: number, channels: number];
} {
  const { inputShape, grid, head, parameters, macs, activations } = translate(modelJson, weights);
  const evidence = { weights: Array.from(head.weights), bias: head.bias, grid };
  return { evidence, parameters, macs, activations, inputShape };
}

/** The output of a layer: an image `[N, channels, height, width]`. */
interface Signal {
  readonly name: string;
  readonly channels: number;
  readonly grid: readonly [height: number, width: number];
}

/** The graph while it is being written. */
interface Draft {
  readonly nodes: OnnxNode[];
  readonly initializers: OnnxTensor[];
  readonly weights: ReadonlyMap<string, Weight>;
  macs: number;
}

function translate(modelJson: Uint8Array, weightBytes: Uint8Array) {
  const layers = loadLayers(modelJson);
  const weights = loadWeights(modelJson, weightBytes);
  const draft: Draft = { nodes: [], initializers: [], weights, macs: 0 };

  const inputShape = inputShapeOf(layers);
  emit(draft, 'Transpose', ['image'], 'image/channels-first', { perm: [0, 3, 1, 2] });
  const image: Signal = {
    name: 'image/channels-first',
    channels: inputShape[2],
    grid: [inputShape[0], inputShape[1]],
  };

  const { pooling, dense } = findTail(layers);
  const signals = new Map<string, Signal>();
  for (const layer of layers.slice(0, layers.indexOf(pooling))) {
    signals.set(layer.name, translateLayer(draft, layer, inputsOf(layer, signals, image)));
  }

  const features = theOnly(pooling, inputsOf(pooling, signals, image));
  emit(draft, 'Transpose', [features.name], 'features', { perm: [0, 2, 3, 1] });
  emit(draft, 'ReduceMean', [features.name], 'embedding', { axes: [2, 3], keepdims: 0 });
  const head = translateHead(draft, dense, features.channels);

  return {
    nodes: draft.nodes,
    initializers: draft.initializers,
    inputShape,
    grid: [...features.grid] as [number, number],
    head,
    parameters: [...weights.values()].reduce((sum, { values }) => sum + values.length, 0),
    macs: draft.macs,
    activations: [...signals.values()].reduce(
      (sum, { channels, grid: [height, width] }) => sum + channels * height * width,
      0,
    ),
  };
}

const InputConfig = z.looseObject({
  batch_input_shape: z.tuple([z.null(), z.int().positive(), z.int().positive(), z.int().positive()]),
});

function inputShapeOf(layers: readonly Layer[]): readonly [height: number, width: number, channels: number] {
  const sources = layers.filter(({ inputs }) => inputs.length === 0);
  const [source] = sources;
  if (!source || sources.length > 1) {
    throw new LayersModelError(`The network has ${sources.length} inputs; it must have one, the image.`);
  }
  const [, ...shape] = configOf(source, InputConfig).batch_input_shape;
  return shape;
}

/** The network's end, from which the evidence map is exact: pooling → (dropout) → one dense logit. */
function findTail(layers: readonly Layer[]): { pooling: Layer; dense: Layer } {
  const dense = layers.at(-1);
  const before = (layer: Layer | undefined) => layers.find(({ name }) => name === layer?.inputs[0]);
  let pooling = before(dense);
  while (pooling?.className === 'Dropout') pooling = before(pooling);
  if (dense?.className !== 'Dense' || pooling?.className !== 'GlobalAveragePooling2D') {
    throw new LayersModelError(
      'The network must end in GlobalAveragePooling2D → Dense; ' +
        `it ends in ${pooling?.className ?? 'nothing'} → ${dense?.className ?? 'nothing'}.`,
    );
  }
  return { pooling, dense };
}

const DenseConfig = z.looseObject({ units: z.literal(1), activation: z.literal('linear') });

function translateHead(
  draft: Draft,
  layer: Layer,
  channels: number,
): { weights: Float32Array; bias: number } {
  const { use_bias: useBias } = configOf(layer, BiasConfig);
  configOf(
    layer,
    DenseConfig,
    'must be one unit with a linear activation, so that it gives the logit itself',
  );
  const kernel = weightOf(draft, layer, 'kernel', [channels, 1]);
  const bias = useBias ? weightOf(draft, layer, 'bias', [1]) : new Float32Array(1);
  const inputs = [
    'embedding',
    initialize(draft, `${layer.name}/kernel`, [channels, 1], kernel),
    initialize(draft, `${layer.name}/bias`, [1], bias),
  ];
  emit(draft, 'Gemm', inputs, 'logits');
  draft.macs += channels;
  return { weights: kernel, bias: bias[0] ?? 0 };
}

// ---- layers ---------------------------------------------------------------------------------------------------------

type Translator = (draft: Draft, layer: Layer, inputs: readonly Signal[]) => Signal;

const TRANSLATORS: Readonly<Record<string, Translator>> = {
  InputLayer: (_draft, layer, inputs) => theOnly(layer, inputs),
  Dropout: (_draft, layer, inputs) => theOnly(layer, inputs),
  Conv2D: translateConv2d,
  DepthwiseConv2D: translateDepthwiseConv2d,
  SeparableConv2D: translateSeparableConv2d,
  MaxPooling2D: translatePooling('MaxPool'),
  AveragePooling2D: translatePooling('AveragePool'), // leaves padding out of the average, in both formats
  Activation: (draft, layer, inputs) =>
    activate(draft, layer, configOf(layer, ActivationConfig).activation, theOnly(layer, inputs)),
  ReLU: translateRelu,
  Add: translateAdd,
  Concatenate: translateConcatenate,
  LayerNormalization: translateLayerNormalization,
};

const SUPPORTED = [...Object.keys(TRANSLATORS), 'GlobalAveragePooling2D and Dense at the end'].join(', ');

function translateLayer(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const translator = Object.hasOwn(TRANSLATORS, layer.className) ? TRANSLATORS[layer.className] : undefined;
  if (!translator) {
    throw new LayersModelError(
      `Layer '${layer.name}' is a ${layer.className}, which cannot be exported to ONNX. Supported layers: ${SUPPORTED}.`,
    );
  }
  return translator(draft, layer, inputs);
}

const ActivationConfig = z.looseObject({ activation: z.enum(['linear', 'relu']) });
const BiasConfig = z.looseObject({ use_bias: z.boolean().default(true) });
const pair = z.tuple([z.int().positive(), z.int().positive()]);
const WindowConfig = z.looseObject({
  strides: pair,
  padding: z.enum(['same', 'valid']),
  data_format: z.literal('channels_last').default('channels_last'),
});
const ConvolutionConfig = z.looseObject({
  kernel_size: pair,
  dilation_rate: z.tuple([z.literal(1), z.literal(1)]).default([1, 1]),
});

function translateConv2d(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const input = theOnly(layer, inputs);
  const { filters } = configOf(layer, z.looseObject({ filters: z.int().positive() }));
  const { kernel_size: size } = configOf(layer, ConvolutionConfig);
  const kernel = weightOf(draft, layer, 'kernel', [...size, input.channels, filters]);
  const output = convolve(draft, layer, input, {
    kernel: transpose(kernel, [...size, input.channels, filters], [3, 2, 0, 1]),
    shape: [filters, input.channels, ...size],
    groups: 1,
    bias: biasOf(draft, layer, filters),
    ...configOf(layer, WindowConfig),
    as: layer.name,
  });
  return activate(draft, layer, configOf(layer, ActivationConfig).activation, output);
}

function translateDepthwiseConv2d(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const input = theOnly(layer, inputs);
  const depthwise = convolveDepthwise(draft, layer, input, layer.name, (channels) =>
    biasOf(draft, layer, channels),
  );
  return activate(draft, layer, configOf(layer, ActivationConfig).activation, depthwise);
}

function translateSeparableConv2d(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const input = theOnly(layer, inputs);
  const { filters } = configOf(layer, z.looseObject({ filters: z.int().positive() }));
  const depthwise = convolveDepthwise(draft, layer, input, `${layer.name}/depthwise`, () => null);
  const shape = [1, 1, depthwise.channels, filters];
  const pointwise = convolve(draft, layer, depthwise, {
    kernel: transpose(weightOf(draft, layer, 'pointwise_kernel', shape), shape, [3, 2, 0, 1]),
    shape: [filters, depthwise.channels, 1, 1],
    groups: 1,
    bias: biasOf(draft, layer, filters),
    strides: [1, 1],
    padding: 'valid',
    as: layer.name,
  });
  return activate(draft, layer, configOf(layer, ActivationConfig).activation, pointwise);
}

/** TensorFlow's kernel [h, w, C, M] gives output channel c · M + m, as a convolution in C groups does. */
function convolveDepthwise(
  draft: Draft,
  layer: Layer,
  input: Signal,
  as: string,
  bias: (channels: number) => Float32Array | null,
): Signal {
  const { kernel_size: size } = configOf(layer, ConvolutionConfig);
  const { depth_multiplier: multiplier } = configOf(
    layer,
    z.looseObject({ depth_multiplier: z.int().positive().default(1) }),
  );
  const channels = input.channels * multiplier;
  const shape = [...size, input.channels, multiplier];
  return convolve(draft, layer, input, {
    kernel: transpose(weightOf(draft, layer, 'depthwise_kernel', shape), shape, [2, 3, 0, 1]),
    shape: [channels, 1, ...size],
    groups: input.channels,
    bias: bias(channels),
    ...configOf(layer, WindowConfig),
    as,
  });
}

interface Convolution {
  readonly kernel: Float32Array;
  /** [output channels, input channels / groups, height, width]. */
  readonly shape: readonly number[];
  readonly groups: number;
  readonly bias: Float32Array | null;
  readonly strides: readonly [number, number];
  readonly padding: 'same' | 'valid';
  readonly as: string;
}

function convolve(draft: Draft, layer: Layer, input: Signal, convolution: Convolution): Signal {
  const { shape, groups, strides, bias, as } = convolution;
  const [channels = 0, , height = 0, width = 0] = shape;
  const window = slide(layer, input, [height, width], strides, convolution.padding);
  const operands = [input.name, initialize(draft, `${as}/kernel`, shape, convolution.kernel)];
  if (bias) operands.push(initialize(draft, `${as}/bias`, [channels], bias));
  emit(draft, 'Conv', operands, as, {
    kernel_shape: [height, width],
    strides,
    pads: window.pads,
    group: groups,
  });
  draft.macs += window.grid[0] * window.grid[1] * convolution.kernel.length;
  return { name: as, channels, grid: window.grid };
}

function translatePooling(opType: 'MaxPool' | 'AveragePool'): Translator {
  return (draft, layer, inputs) => {
    const input = theOnly(layer, inputs);
    const { pool_size: size } = configOf(layer, z.looseObject({ pool_size: pair }));
    const { strides, padding } = configOf(layer, WindowConfig);
    const window = slide(layer, input, size, strides, padding);
    emit(draft, opType, [input.name], layer.name, { kernel_shape: size, strides, pads: window.pads });
    return { name: layer.name, channels: input.channels, grid: window.grid };
  };
}

const PlainRelu = z.looseObject({
  max_value: z.null().optional(),
  negative_slope: z.literal(0).optional(),
  threshold: z.literal(0).optional(),
});

function translateRelu(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  configOf(layer, PlainRelu);
  return activate(draft, layer, 'relu', theOnly(layer, inputs));
}

function activate(draft: Draft, layer: Layer, activation: 'linear' | 'relu', input: Signal): Signal {
  if (activation === 'linear') return input;
  emit(draft, 'Relu', [input.name], `${layer.name}/relu`);
  return { ...input, name: `${layer.name}/relu` };
}

function translateAdd(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const [first, ...others] = inputs;
  if (!first || others.length === 0)
    throw new LayersModelError(`Layer '${layer.name}' adds fewer than two inputs.`);
  return others.reduce((sum, other, index) => {
    if (other.channels !== sum.channels || String(other.grid) !== String(sum.grid)) {
      throw new LayersModelError(`Layer '${layer.name}' adds images of different shapes.`);
    }
    const name = index === others.length - 1 ? layer.name : `${layer.name}/${index}`;
    emit(draft, 'Add', [sum.name, other.name], name);
    return { ...sum, name };
  }, first);
}

const ConcatenateConfig = z.looseObject({ axis: z.union([z.literal(-1), z.literal(3)]) });

function translateConcatenate(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  configOf(layer, ConcatenateConfig, 'must join channels, axis -1');
  const [first] = inputs;
  if (!first) throw new LayersModelError(`Layer '${layer.name}' joins nothing.`);
  if (inputs.some(({ grid }) => String(grid) !== String(first.grid))) {
    throw new LayersModelError(`Layer '${layer.name}' joins images of different sizes.`);
  }
  const names = inputs.map(({ name }) => name);
  emit(draft, 'Concat', names, layer.name, { axis: 1 });
  return {
    name: layer.name,
    channels: inputs.reduce((sum, { channels }) => sum + channels, 0),
    grid: first.grid,
  };
}

const NormalizationConfig = z.looseObject({
  axis: z.union([z.int(), z.array(z.int())]),
  epsilon: z.number().positive(),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** (x − mean) / √(variance + epsilon) · gamma + beta, with mean and variance over `axis` of each image (Ba et al. 2016). */
function translateLayerNormalization(draft: Draft, layer: Layer, inputs: readonly Signal[]): Signal {
  const input = theOnly(layer, inputs);
  const { axis, epsilon, center, scale } = configOf(layer, NormalizationConfig);
  const axes = [axis].flat().map((index) => (index < 0 ? index + 4 : index)); // of [N, height, width, channels]
  if (axes.some((index) => index < 1 || index > 3)) {
    throw new LayersModelError(
      `Layer '${layer.name}' normalises over axis ${String(axis)}; 1 to 3 are possible.`,
    );
  }
  const channelsFirst = axes.map((index) => [NaN, 2, 3, 1][index] ?? NaN);
  const sizes = [1, ...input.grid, input.channels];
  const parameterShape = axes.map((index) => sizes[index] ?? NaN);
  const part = (name: string) => `${layer.name}/${name}`;

  emit(draft, 'ReduceMean', [input.name], part('mean'), { axes: channelsFirst });
  emit(draft, 'Sub', [input.name, part('mean')], part('centred'));
  emit(draft, 'Mul', [part('centred'), part('centred')], part('squared'));
  emit(draft, 'ReduceMean', [part('squared')], part('variance'), { axes: channelsFirst });
  const constant = initialize(draft, part('epsilon'), [1], Float32Array.of(epsilon));
  emit(draft, 'Add', [part('variance'), constant], part('guarded'));
  emit(draft, 'Sqrt', [part('guarded')], part('deviation'));
  emit(draft, 'Div', [part('centred'), part('deviation')], part('normalised'));

  let name = part('normalised');
  for (const [wanted, parameter, opType] of [
    [scale, 'gamma', 'Mul'],
    [center, 'beta', 'Add'],
  ] as const) {
    if (!wanted) continue;
    const { values, shape } = broadcastable(
      weightOf(draft, layer, parameter, parameterShape),
      axes,
      parameterShape,
    );
    emit(draft, opType, [name, initialize(draft, part(parameter), shape, values)], part(opType));
    name = part(opType);
  }
  return { ...input, name };
}

/** A parameter over some of [N, height, width, channels] as a tensor that broadcasts over [N, channels, height, width]. */
function broadcastable(values: Float32Array, axes: readonly number[], sizes: readonly number[]) {
  const shape = [1, 1, 1, 1];
  axes.forEach((axis, index) => (shape[axis] = sizes[index] ?? NaN));
  return {
    values: transpose(values, shape, [0, 3, 1, 2]),
    shape: [0, 3, 1, 2].map((axis) => shape[axis] ?? NaN),
  };
}

// ---- small parts ----------------------------------------------------------------------------------------------------

/**
 * Output grid and padding of a sliding window as TensorFlow defines them: 'valid' pads nothing; 'same' gives
 * ⌈size / stride⌉ and puts the odd pixel of padding at the end. Pads are ONNX's [top, left, bottom, right].
 */
function slide(
  layer: Layer,
  input: Signal,
  window: readonly [number, number],
  strides: readonly [number, number],
  padding: 'same' | 'valid',
): { grid: [number, number]; pads: [number, number, number, number] } {
  const along = (axis: 0 | 1): { size: number; before: number; after: number } => {
    if (padding === 'valid') {
      const size = Math.floor((input.grid[axis] - window[axis]) / strides[axis]) + 1;
      if (size < 1)
        throw new LayersModelError(`The window of layer '${layer.name}' is larger than its input.`);
      return { size, before: 0, after: 0 };
    }
    const size = Math.ceil(input.grid[axis] / strides[axis]);
    const total = Math.max(0, (size - 1) * strides[axis] + window[axis] - input.grid[axis]);
    return { size, before: Math.floor(total / 2), after: Math.ceil(total / 2) };
  };
  const [rows, columns] = [along(0), along(1)];
  return {
    grid: [rows.size, columns.size],
    pads: [rows.before, columns.before, rows.after, columns.after],
  };
}

function emit(
  draft: Draft,
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): void {
  draft.nodes.push({ opType, inputs, output, attributes });
}

function initialize(draft: Draft, name: string, shape: readonly number[], values: Float32Array): string {
  draft.initializers.push({ name, shape, values });
  return name;
}

function weightOf(draft: Draft, layer: Layer, name: string, shape: readonly number[]): Float32Array {
  const weight = draft.weights.get(`${layer.name}/${name}`);
  if (!weight) throw new LayersModelError(`weights.bin has no '${layer.name}/${name}'.`);
  if (String(weight.shape) !== String(shape)) {
    throw new LayersModelError(
      `'${layer.name}/${name}' is [${weight.shape.join()}]; the layer needs [${shape.join()}].`,
    );
  }
  return weight.values;
}

function biasOf(draft: Draft, layer: Layer, channels: number): Float32Array | null {
  return configOf(layer, BiasConfig).use_bias ? weightOf(draft, layer, 'bias', [channels]) : null;
}

function inputsOf(layer: Layer, signals: ReadonlyMap<string, Signal>, image: Signal): Signal[] {
  if (layer.inputs.length === 0) return [image];
  return layer.inputs.map((name) => {
    const signal = signals.get(name);
    if (!signal)
      throw new LayersModelError(`Layer '${layer.name}' takes '${name}', which does not come before it.`);
    return signal;
  });
}

function theOnly(layer: Layer, inputs: readonly Signal[]): Signal {
  const [input] = inputs;
  if (!input || inputs.length > 1)
    throw new LayersModelError(`Layer '${layer.name}' must have exactly one input.`);
  return input;
}

function configOf<T>(layer: Layer, schema: z.ZodType<T>, rule?: string): T {
  const result = schema.safeParse(layer.config);
  if (result.success) return result.data;
  throw new LayersModelError(
    `Layer '${layer.name}' (${layer.className}) ${rule ?? 'has a setting that is not supported'}:\n` +
      z.prettifyError(result.error),
  );
}

/** The values of a 4-dimensional tensor with its axes reordered, as numpy.transpose does. */
function transpose(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const [a = 0, b = 0, c = 0, d = 0] = order.map((axis) => shape[axis] ?? 0);
  const [strideA = 0, strideB = 0, strideC = 0, strideD = 0] = order.map((axis) => strides[axis] ?? 0);
  const result = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        for (let l = 0; l < d; l++) {
          result[at++] = values[i * strideA + j * strideB + k * strideC + l * strideD] ?? 0;
        }
      }
    }
  }
  return result;
}
