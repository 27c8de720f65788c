import { parameterTexts, readParameters, TrainingParameters } from './parameters.js';

const defaults = TrainingParameters.parse({});

test('what is not given has its default', () => {
  expect(readParameters([])).toEqual({ parameters: defaults });
  expect(readParameters([{ name: 'batchSize', value: ' 64 ' }], 3)).toEqual({
    parameters: { ...defaults, batchSize: 64, epochs: 3 },
  });
});

test('parameters survive being written as text', () => {
  const parameters = { ...defaults, learningRate: 3e-5, augmentation: false };
  expect(readParameters(parameterTexts(parameters))).toEqual({ parameters });
});

test.each([
  [{ name: 'momentum', value: '0.9' }, "no parameter 'momentum'. There are: epochs, batchSize"],
  [{ name: 'constructor', value: '1' }, "no parameter 'constructor'"],
  [{ name: 'batchSize', value: '0' }, "'batchSize': Too small"],
  [{ name: 'batchSize', value: 'many' }, "'batchSize': Invalid input: expected number"],
  [{ name: 'batchSize', value: '8.5' }, "'batchSize': Invalid input: expected int"],
  [{ name: 'learningRate', value: 'Infinity' }, "'learningRate': Invalid input: expected number"],
  [{ name: 'augmentation', value: '1' }, "'augmentation': Invalid input: expected boolean"],
  [{ name: 'inputSize', value: '100' }, "'inputSize': Invalid number: must be a multiple of 16"],
])('refuses %j', (parameter, message) => {
  expect(readParameters([{ name: 'patience', value: '5' }, parameter])).toEqual({
    problems: [{ index: 1, message: expect.stringContaining(message) }],
  });
});

test('says all that is wrong at once, and where', () => {
  const given = [
    { name: 'batchSize', value: '9' },
    { name: 'batchSize', value: '9' },
    { name: 'warmth', value: '1' },
  ];
  const read = readParameters(given, 501);
  expect('problems' in read && read.problems.map(({ index }) => index).sort()).toEqual([-1, 1, 2]);
});

test('epochs are given once: apart or among the parameters', () => {
  expect(readParameters([{ name: 'epochs', value: '5' }], 6)).toEqual({
    problems: [{ index: -1, message: "The parameter 'epochs' is given twice." }],
  });
});
