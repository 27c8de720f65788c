import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-node';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/**
 * Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019), on all variables as one vector, which
 * needs a dozen operations per step instead of a dozen per variable. The Adam of TensorFlow.js rounds its bias correction
 * when it is saved, so a resumed run would differ from an uninterrupted one.
 */
export class Adam {
  /** The values of all variables, one after the other; those of the variables once `spread` was called. */
  readonly weights: Variable;
  /** The running means of the gradient and of its square. */
  private readonly first: Variable;
  private readonly second: Variable;
  /** 1 where a value decays. */
  private readonly decaying: Tensor1D;

  constructor(
    private readonly tf: TensorFlow,
    private readonly variables: readonly Variable[],
    /** Parallel to the variables: whether its values decay. Biases do not. */
    decays: readonly boolean[],
    private readonly weightDecay: number,
  ) {
    this.weights = tf.tidy(() => tf.variable(this.joined(variables), false));
    this.first = tf.tidy(() => tf.variable(tf.zerosLike(this.weights), false));
    this.second = tf.tidy(() => tf.variable(tf.zerosLike(this.weights), false));
    this.decaying = tf.tidy(() =>
      this.joined(variables.map(({ shape }, index) => tf.fill(shape, Number(decays[index])))),
    );
  }

  /** The state that a checkpoint needs, in addition to the number of steps. */
  get state(): Variable[] {
    return [this.weights, this.first, this.second];
  }

  /** Changes every variable by its gradient. `step` counts from 1. */
  apply(gradients: readonly Tensor[], step: number, learningRate: number): void {
    const { tf, weights, first, second } = this;
    const secondCorrection = Math.sqrt(1 - BETA2 ** step);
    const stepSize = (learningRate * secondCorrection) / (1 - BETA1 ** step);
    tf.tidy(() => {
      const gradient = this.joined(gradients);
      first.assign(first.mul(BETA1).add(gradient.mul(1 - BETA1)));
      second.assign(second.mul(BETA2).add(gradient.square().mul(1 - BETA2)));
      const change = first.div(second.sqrt().add(EPSILON * secondCorrection)).mul(stepSize);
      const decay = weights.mul(this.decaying).mul(learningRate * this.weightDecay);
      weights.assign(weights.sub(decay).sub(change));
    });
    this.spread(weights);
  }

  /** Gives each variable its part of `values`. */
  spread(values: Tensor): void {
    const { tf, variables } = this;
    const sizes = variables.map(({ size }) => size);
    tf.tidy(() =>
      tf
        .split(values, sizes)
        .forEach((part, index) => variables[index]?.assign(part.reshape(variables[index].shape))),
    );
  }

  dispose(): void {
    this.tf.dispose([...this.state, this.decaying]);
  }

  private joined(tensors: readonly Tensor[]): Tensor1D {
    return this.tf.concat1d(tensors.map((tensor) => tensor.flatten()));
  }
}
