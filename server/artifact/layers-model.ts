import { z } from 'zod';

/** A model.json or weights.bin that is not what TensorFlow.js Layers writes, or holds what is not supported here. */
export class LayersModelError extends Error {
  override readonly name = 'LayersModelError';
}

/** One layer of the network and the layers whose outputs it takes, in an order in which they can be computed. */
export interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly string[];
}

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const LayerEntry = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string() }),
});

const SequentialConfig = z.object({ layers: z.array(LayerEntry).min(1) });

/** [[[layer, node, tensor, {}], …]]: one node for each time the layer is called. */
const FunctionalConfig = z.object({
  layers: z
    .array(
      LayerEntry.extend({
        inbound_nodes: z.array(z.array(z.tuple([z.string(), z.number(), z.number()], z.unknown()))),
      }),
    )
    .min(1),
});

const Topology = z.object({ class_name: z.string(), config: z.unknown() });

const LayersModel = z.object({
  modelTopology: z.union([
    Topology,
    z.object({ model_config: Topology }).transform((keras) => keras.model_config),
  ]),
  weightsManifest: z.array(
    z.object({
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int().min(0)),
          dtype: z.string(),
          quantization: z.unknown().optional(),
        }),
      ),
    }),
  ),
});
type LayersModel = z.infer<typeof LayersModel>;

/** The layers of a `model.json` that `LayersModel.save` of TensorFlow.js wrote. Throws LayersModelError. */
export function loadLayers(modelJson: Uint8Array): Layer[] {
  const { class_name: className, config } = parseModel(modelJson).modelTopology;

  if (className === 'Sequential') {
    const entries = parse(SequentialConfig, config, 'The Sequential model').layers;
    return entries.map((entry, index) => {
      const previous = entries[index - 1];
      return layer(entry, previous ? [previous.config.name] : []);
    });
  }
  if (className === 'Model' || className === 'Functional') {
    return parse(FunctionalConfig, config, 'The functional model').layers.map((entry) => {
      if (entry.inbound_nodes.length > 1) {
        throw new LayersModelError(
          `Layer '${entry.config.name}' is called more than once; use a separate layer each time.`,
        );
      }
      return layer(
        entry,
        (entry.inbound_nodes[0] ?? []).map(([name]) => name),
      );
    });
  }
  throw new LayersModelError(
    `A model of class '${className}' is not supported; Sequential and functional models are.`,
  );
}

function layer(entry: z.infer<typeof LayerEntry>, inputs: string[]): Layer {
  return { name: entry.config.name, className: entry.class_name, config: entry.config, inputs };
}

/**
 * The weights by name ('layer/kernel'). `weights` is the one shard that `weightsManifest` describes, float32,
 * little-endian, in its order. Throws LayersModelError, also when bytes are missing or left over.
 */
export function loadWeights(modelJson: Uint8Array, weights: Uint8Array): Map<string, Weight> {
  const entries = parseModel(modelJson).weightsManifest.flatMap((group) => group.weights);
  const floats = alignedFloats(weights);
  const result = new Map<string, Weight>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of entries) {
    if (dtype !== 'float32' || quantization !== undefined) {
      throw new LayersModelError(
        `Weight '${name}' is ${quantization ? 'quantised' : dtype}; only plain float32 is supported.`,
      );
    }
    if (result.has(name)) throw new LayersModelError(`Weight '${name}' is listed twice.`);
    const length = shape.reduce((product, size) => product * size, 1);
    result.set(name, { shape, values: floats.subarray(offset, offset + length) });
    offset += length;
  }
  if (offset !== floats.length) {
    throw new LayersModelError(
      `weights.bin has ${weights.length} bytes; model.json describes ${4 * offset}.`,
    );
  }
  return result;
}

function alignedFloats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0)
    throw new LayersModelError(`weights.bin has ${bytes.length} bytes: not whole float32 numbers.`);
  return new Float32Array(Uint8Array.from(bytes).buffer); // a copy: a view into a larger buffer may be unaligned
}

function parseModel(modelJson: Uint8Array): LayersModel {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(modelJson).toString('utf8'));
  } catch (error) {
    throw new LayersModelError('model.json is not JSON.', { cause: error });
  }
  return parse(LayersModel, json, 'model.json');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LayersModelError(
    `${what} is not what TensorFlow.js Layers writes:\n${z.prettifyError(result.error)}`,
  );
}
