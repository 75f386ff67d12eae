// An ESLint plugin for the parts of the voice of comments and texts that a machine can see; CONTRIBUTING has all of it.

const maxColumns = 120;
const questionWord = /^(what|how|whether|where|when|why|who(?:m|se|ever)?)\b/i;
const absence = /\b(nothing|absent) where\b/i;
/** Words that have a plainer one, outside tests: again, recently, unhealthy, at most, an actor's name, a number. */
const unplain = /\b(anew|afresh|lately|unwell|at the most|whoever|somebody|nobody|so many|for so long)\b/i;
/** Comments for tools, whose form is the tool's. */
const directive = /^\s*(eslint|prettier-ignore|@ts-|\*\s*@type\b)/;

const voice = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: {
      opener: 'Expected a doc comment that begins with what the thing is, got "{{opener}} …".',
      absence: 'Expected "undefined if …" or the like, got "{{absence}}".',
      unplain: 'Expected a plainer word than "{{word}}".',
      columns: `Expected a comment of at most ${maxColumns} columns, got {{columns}}.`,
    },
  },
  create: (context) => ({
    Literal: ({ loc, value }) => checkWords(loc, value, context),
    TemplateElement: ({ loc, value }) => checkWords(loc, value.cooked, context),
    Program() {
      for (const comment of context.sourceCode.getAllComments()) check(comment, context);
    },
  }),
};

function checkWords(loc, text, context) {
  const word = typeof text === "string" && !/\/test\//.test(context.filename) && unplain.exec(text)?.[0];
  if (word) context.report({ loc, messageId: "unplain", data: { word } });
}

function check(comment, context) {
  const { value, loc } = comment;
  if (directive.test(value)) return;
  const text = value.replace(/\n\s*\*/g, "\n");
  const isDoc = comment.type === "Block" && value.startsWith("*");
  const opener = isDoc && questionWord.exec(text.replace(/^[*\s]+/, ""))?.[0];
  if (opener) context.report({ loc, messageId: "opener", data: { opener } });
  const words = text.replace(/\s+/g, " ");
  checkWords(loc, words, context);
  const absent = absence.exec(words)?.[0];
  if (absent) context.report({ loc, messageId: "absence", data: { absence: absent } });
  for (let line = loc.start.line; line <= loc.end.line; line++) {
    const columns = line === loc.end.line ? loc.end.column : context.sourceCode.lines[line - 1].length;
    if (columns > maxColumns) context.report({ loc, messageId: "columns", data: { columns } });
  }
}

export default { rules: { voice } };
