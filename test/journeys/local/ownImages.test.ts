import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type LocalProject, startProject } from "../support/localProject";

const image = `image: "000000000000.dkr.ecr.us-east-1.amazonaws.com/own:1"`;
const program = `
const { BatchJobProcessor } = require("batch-job-processor");
const jobs = new BatchJobProcessor("jobs", { processors: [
  { name: "invoice", handler: "invoice", ${image} },
  { name: "words", handler: "word-count", ${image} },
  { name: "transcode", command: ["no-such-ffmpeg"], ${image} },
  { name: "shell", command: ["sh", "-c", "echo 1"], ${image} },
  { name: "stock", handler: "word-count" },
] });
exports.url = jobs.url;
`;

describe("batch-jobs local, with images of one's own", () => {
  let project: LocalProject;
  before(async () => {
    project = await startProject(["--watch"], {
      "index.js": program,
      "processors/invoice.js": `module.exports = async () => "first";`,
    });
  });
  after(() => project?.stop());

  it("says what runs in place of each, and which commands this machine lacks", async () => {
    const lines = await Promise.all(
      ["invoice", "words", "transcode", "shell"].map((type) =>
        project.line(new RegExp(`^${type}: the image isn't used`)),
      ),
    );
    expect(lines[0]).to.include(`its handler invoice comes from ${project.folder}/processors`);
    expect(lines[3]).to.include(`its command runs with this machine's programs in ${project.folder}`);
    expect(await project.line(/^transcode: this machine/)).to.include("has no no-such-ffmpeg, so its jobs wait");
    expect(project.said.filter((line) => /^(stock|shell: this)/.test(line))).to.deep.equal([]);
  });

  it("runs modules of the folder, as they are at present, and those of the stock image after them", async () => {
    expect(await project.run("invoice")).to.equal("first");
    expect(await project.run("words", { text: "one two" })).to.include({ words: 2 });
    const line = await project.save("processors/invoice.js", `module.exports = async () => "second";`);
    expect(line).to.include("✔");
    expect(await project.run("invoice")).to.equal("second");
  });

  it("says why jobs of a command that isn't here wait", async () => {
    const id = await project.client.submit("transcode", {});
    let reason = "";
    for (; !reason.includes("no-such-ffmpeg"); await sleep(50)) {
      reason = (await project.client.get(id)).waiting?.detail ?? "";
    }
    expect(reason).to.include(`There is no command "no-such-ffmpeg"`);
  });
});
