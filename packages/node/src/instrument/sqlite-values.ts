/** Behind these stands a value. A column may as well, though hardly one that is quoted and has no table in front of it. */
const VALUE_FOLLOWS = new Set('= < > | LIKE GLOB REGEXP MATCH IS BETWEEN THEN ELSE DEFAULT LIMIT OFFSET ATTACH DATABASE'.split(' '));

/**
 * Makes words in double quotes `?` where a value stands and no name: SQLite takes them for text where a database is set to that,
 * and so does `PRAGMA` always. What is left are those that may be columns (`SELECT "name"`), and names of tables.
 */
export function hideQuotedValues(words: string[]): void {
  /** For each open parenthesis, whether it is a list of values. */
  const lists: boolean[] = [];
  let isPragma = false;
  let hasValues = false;
  let [before, last] = ['', ''];
  for (const [at, word] of words.entries()) {
    if (word === '' || word === ' ') continue;
    const upper = word.toUpperCase();
    if (last === '') isPragma = upper === 'PRAGMA';
    if (word === '(') lists.push(last === 'IN' || hasValues || isPragma);
    else if (word === ')') lists.pop();
    else if (word.startsWith('"')) {
      const isValue = VALUE_FOLLOWS.has(last) || lists.at(-1) === true || (last === 'FROM' && before === 'DISTINCT');
      if (isValue && !isQualified(words, at)) words[at] = '?';
    } else if (/^[a-z]/i.test(word)) {
      // `IN (SELECT …` is no list of values, and behind those of `VALUES` others come.
      if (lists.length === 0) hasValues = upper === 'VALUES';
      else if (upper === 'SELECT') lists[lists.length - 1] = false;
    }
    [before, last] = [last, upper];
  }
}

/** Text has no dot beside it. */
function isQualified(words: readonly string[], at: number): boolean {
  return words[at + 1]?.startsWith('.') === true || words[at - 1]?.endsWith('.') === true;
}
