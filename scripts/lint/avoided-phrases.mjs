// Phrases that the project's texts avoid, each with what to say instead. Lint reports them (plain-english.mjs).
// A phrase is the source of a regular expression: it matches whole words in any case, and a space in it matches line breaks too.

/** Each phrase, and what to say instead. */
export const avoidedPhrases = {
  // Rare words
  anew: 'again',
  'who(?:so)?ever': 'anyone who, the caller, the user',
  whatever: 'any, all, regardless of',
  "nobody['’]s": 'unowned, or name the owner',
  'whereof|whereupon|thereof|thereupon|thereto|hence|thence|thus|lest|hitherto|albeit|nought|wherein':
    'so, because, or name the thing',
  'hither|thither|forthwith|amid|amongst|whilst|betwixt|of late': 'a usual word',
  'mend(?:s|ed|ing)?': 'fix, repair, restore',
  'be it': 'whether',
  meanwhile: 'while …',

  // Idioms
  'all the same(?=\\s*(?:[^\\w\\s]|$))': 'anyway',
  'at last|in the end': 'finally, or leave it out',
  'as a rule': 'usually',
  'plays? (?:a|no) part': 'matters, is used',
  '(?:let|lets|letting) (?:into|go)': 'promote, allow, release, drop',
  'for want of': 'because there is no, because of too little',
  'for good(?=\\s*(?:[^\\w\\s]|$))': 'permanently, for ever',
  'in vain': 'without success',
  'at hand': 'available',
  'save for|but for|none but|nothing but': 'except, only',
  'yet another': 'another',
  'by itself|by themselves': 'automatically, separately, on its own',
  'of (?:its|their) own': 'its own …, a separate …',
  'first that fits': 'the first match wins',

  // Verbs with a particle
  '(?:stands|stood)(?! for)|stands? under': 'is, has, runs, has the alias, is valid',
  '(?:hold|holds|held|holding) (?:it |them |the one |one )?(?:un)?to':
    'validated on, checked against, keeps, enforces',
  'told|tells': 'notified, asked to, shows, reports, distinguishes',
  'asked for|asked of|asks of': 'request, requested, require',
  '(?:speak|speaks|spoke|says|said) of': 'about, mention, report',
  'gone through': 'process, processed',
  '(?:got|gets) to': 'reached',
  '(?:came|comes|come) of': 'result, resulted from',
  '(?:deal|deals|dealt|dealing) with': 'process, handle',
  'carr(?:y|ies|ied|ying) out': 'run, perform',
  '(?:broke|breaks?|broken|breaking) off': 'stopped',
  '(?:go|goes|went|gone) (?:on|by)': 'continue, use',
  '(?:look|looks|looked|looking) into': 'check, inspect',
  'looks? (?:for )?whether': 'check whether',
  'takes? this \\w+ for': 'classify as',
  '(?:is|are|was|were|be|being|been) away': 'unreachable, unavailable',
  '(?:is|are|was|were) gone': 'was deleted, is missing',

  // Nouns that hide what they mean
  'the one that|that which|those which|such as have': 'name the thing',
  'what was said': 'the prediction, the label',
  'another word (?:than|for)': 'a label other than, a synonym for',
};

const patterns = Object.entries(avoidedPhrases).map(([phrase, instead]) => ({
  pattern: new RegExp(`(?<![\\w-])(?:${phrase.replaceAll(' ', '\\s+')})(?![\\w-])`, 'gi'),
  instead,
}));

/**
 * The avoided phrases of a text, in order.
 *
 * @param {string} text
 * @returns {{ start: number, end: number, phrase: string, instead: string }[]} `start` and `end` are offsets in the text
 */
export function findAvoidedPhrases(text) {
  return patterns
    .flatMap(({ pattern, instead }) =>
      [...text.matchAll(pattern)].map((match) => ({
        start: match.index,
        end: match.index + match[0].length,
        phrase: match[0].replace(/\s+/g, ' '),
        instead,
      })),
    )
    .toSorted((one, other) => one.start - other.start);
}
