export { wilsonInterval } from '../../artifact/wilson-interval.js';
