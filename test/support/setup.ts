import { active, checkInHook } from "./leakGuard";

// The AWS SDK's word on Node 20 says nothing about the code under test.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

let before: string[];

/** Every file of tests leaves the process as it found it: where files share one (no `--parallel`), all of them together. */
export const mochaHooks = {
  beforeAll(): void {
    before = active();
  },
  afterAll: () => checkInHook("The tests", before),
};
