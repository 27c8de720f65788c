import { labelMappingProblem } from './label-mapping.js';

const classes = ['normal', 'blast'];

test.each([
  [['blast', 'normal']],
  [['blast', 'lymphocyte', 'monocyte']], // everything but the positive label is the negative class
  [['blast']],
  [['normal']],
])('a version can be evaluated on the labels %j', (labels) => {
  expect(labelMappingProblem(classes, labels)).toBeNull();
});

test.each([
  [['myeloblast', 'basophil'], "'myeloblast', 'basophil'"],
  [['normal', 'aml'], "labelled 'aml'"], // may be a synonym of the positive label
])(
  'a version cannot be evaluated on the labels %j, because no image is known to be positive',
  (labels, named) => {
    const problem = labelMappingProblem(classes, labels);
    expect(problem).toContain(named);
    expect(problem).toContain("a class mapping to 'blast' and 'normal'");
  },
);

test('a version cannot be evaluated without images', () => {
  expect(labelMappingProblem(classes, [])).toMatch(/no images/);
});

test.each([[['Blast', 'blast']], [['Blast', 'lymphocyte', 'blast']], [['Blast']], [['blast', 'Normal']]])(
  '%j cannot: a label is a class in another spelling',
  (labels) => {
    expect(labelMappingProblem(classes, labels)).toContain('different spellings of one name');
  },
);
