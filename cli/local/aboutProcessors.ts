import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { readEnvironment } from "../../contract/environmentFile";
import { decodeWorkerSettings } from "../../contract/workerSettings";
import { deployedIn, type LocalCloud } from "../../local-cloud/index";

/** A job type, and a line about its processor. */
export interface ProcessorLine {
  type: string;
  line: string;
}

/** Says of each processor with an image of its own what runs here in its stead, and which commands are missing here. */
export function aboutProcessors(cloud: LocalCloud, processorsDir: string | undefined): ProcessorLine[] {
  const images = deployedIn(cloud).statesOf("awsx:ecr:Image");
  const stock = images
    .filter(({ context }) => /(^|\/)worker-image$/.test(String(context)))
    .map((each) => each.imageUri);
  const groups = cloud.regions().flatMap((region) => region.groups.list());
  return groups.flatMap((group): ProcessorLine[] => {
    const userData = Buffer.from(group.template.userData, "base64").toString();
    const read = decodeWorkerSettings(readEnvironment(userData));
    if (!read.ok) return [];
    const { type, command, handler } = read.value;
    const image = /^IMAGE='(.*)'$/m.exec(userData)?.[1];
    const what = command
      ? `its command runs with this machine's programs in ${process.cwd()}`
      : handler
        ? `its handler ${handler} comes from ${processorsDir ?? "the stock image; for modules of your own: --processors DIR"}`
        : "its handler runs with the program's packages";
    return [
      ...(image === undefined || stock.includes(image) ? [] : [{ type, line: `the image isn't used; ${what}` }]),
      ...(command && !isHere(command[0]!)
        ? [{ type, line: `this machine has no ${command[0]}, so its jobs wait until it has` }]
        : []),
    ];
  });
}

/** As a worker finds it. */
function isHere(program: string): boolean {
  if (program.includes("/")) return existsSync(resolve(program));
  return (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
}
