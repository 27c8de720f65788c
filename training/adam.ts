import type { Tensor, Variable } from '@tensorflow/tfjs-node';
import type { TensorFlow } from './tensorflow.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/** Adam's memory of one variable: the running means of its gradient and of its square, in the variable's shape. */
interface Moments {
  first: Variable;
  second: Variable;
}

/**
 * Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019). TensorFlow.js has its own Adam, but it
 * can be saved only with a rounding of its bias correction: a resumed run would not go on as if it had not stopped.
 */
export class Adam {
  private readonly moments: Moments[];

  constructor(
    private readonly tf: TensorFlow,
    private readonly variables: readonly Variable[],
    /** Parallel to the variables: whether its values decay. Biases do not. */
    private readonly decays: readonly boolean[],
    private readonly weightDecay: number,
  ) {
    this.moments = variables.map((variable) => ({
      first: tf.variable(tf.zerosLike(variable), false),
      second: tf.variable(tf.zerosLike(variable), false),
    }));
  }

  /** All that has to be kept to go on later, beside the variables and the count of steps. */
  get state(): Variable[] {
    return this.moments.flatMap(({ first, second }) => [first, second]);
  }

  /** Changes every variable by its gradient. `step` counts from 1. */
  apply(gradients: readonly Tensor[], step: number, learningRate: number): void {
    const { tf } = this;
    const secondCorrection = Math.sqrt(1 - BETA2 ** step);
    const stepSize = (learningRate * secondCorrection) / (1 - BETA1 ** step);
    this.variables.forEach((variable, index) => {
      const gradient = gradients[index];
      const moments = this.moments[index];
      if (!gradient || !moments) throw new Error(`There is no gradient for ${variable.name}.`);
      tf.tidy(() => {
        moments.first.assign(moments.first.mul(BETA1).add(gradient.mul(1 - BETA1)));
        moments.second.assign(moments.second.mul(BETA2).add(gradient.square().mul(1 - BETA2)));
        const change = moments.first.div(moments.second.sqrt().add(EPSILON * secondCorrection)).mul(stepSize);
        const kept = this.decays[index] ? variable.mul(1 - learningRate * this.weightDecay) : variable;
        variable.assign(kept.sub(change));
      });
    });
  }

  dispose(): void {
    for (const variable of this.state) variable.dispose();
  }
}
