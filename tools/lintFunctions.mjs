// An ESLint plugin for the length of functions. Lines of a function inside another count for the inner one alone, which
// ESLint's `max-lines-per-function` can't do: factories hold their functions.

const maxLines = 40;

const ownLines = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: {
      long: `Expected a function of at most ${maxLines} lines, without comments and functions in it, got {{lines}}.`,
    },
  },
  create({ sourceCode, report }) {
    /** Lines of inner functions, of each function that is open. */
    const open = [];
    return {
      ":function": () => open.push(new Set()),
      ":function:exit"(node) {
        const inner = open.pop();
        const lines = new Set(sourceCode.getTokens(node).flatMap(({ loc }) => linesOf(loc)));
        for (const line of inner) lines.delete(line);
        if (lines.size > maxLines) report({ node, messageId: "long", data: { lines: lines.size } });
        // Its first and last line are the outer one's, too.
        for (const line of linesOf(node.loc).slice(1, -1)) open.at(-1)?.add(line);
      },
    };
  },
};

function linesOf({ start, end }) {
  return Array.from({ length: end.line - start.line + 1 }, (_line, index) => start.line + index);
}

export default { rules: { "own-lines": ownLines } };
