import { labelMappingProblem } from './label-mapping.js';

const classes = ['normal', 'blast'];

test.each([
  [['blast', 'normal']],
  [['blast', 'lymphocyte', 'monocyte']], // everything but the positive label is the negative class
  [['blast']],
  [['normal']],
])('%j can be told apart', (labels) => {
  expect(labelMappingProblem(classes, labels)).toBeNull();
});

test.each([
  [['myeloblast', 'basophil'], "'myeloblast', 'basophil'"],
  [['normal', 'aml'], "labelled 'aml'"], // may be another word for the positive label
])('%j cannot: no image is known to be positive', (labels, named) => {
  const problem = labelMappingProblem(classes, labels);
  expect(problem).toContain(named);
  expect(problem).toContain("'blast' and 'normal' (the classes of createDatasetSnapshot)");
});

test('no images cannot', () => {
  expect(labelMappingProblem(classes, [])).toMatch(/no images/);
});

test.each([[['Blast', 'blast']], [['Blast', 'lymphocyte', 'blast']], [['Blast']], [['blast', 'Normal']]])(
  '%j cannot: a label is a class in another spelling',
  (labels) => {
    expect(labelMappingProblem(classes, labels)).toContain('one name in different spellings');
  },
);
