// Mocha's usual output, and a line "PASSED FAILED SKIPPED" in the file that TEST_COUNTS names, for the summary of
// .ci/steps.sh.
const { appendFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

const file = process.env.TEST_COUNTS;
// A run of Mocha that a test starts is not counted.
delete process.env.TEST_COUNTS;
delete process.env.MOCHA_OPTIONS;

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      if (file) appendFileSync(file, `${passes} ${failures} ${pending}\n`);
    });
  }
};
