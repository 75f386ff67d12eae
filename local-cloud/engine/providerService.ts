import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import type { Struct as WireStruct } from "google-protobuf/google/protobuf/struct_pb";
import type { LocalCloud } from "../cloud";
import { deployedIn } from "../pulumi/deployedResources";
import { answerTo } from "../pulumi/emulation";
import { resources as resourceTypes } from "../pulumi/resourceTypes";
import { constructAwsx } from "./awsxComponents";
import type { EngineResources } from "./engineResources";
import { Empty, status, Struct, withFields } from "./grpc";
import { packageSchema } from "./packageSchema";
import { ResourceMonitor } from "./resourceMonitor";
import { decode, type WireProperties } from "./wire";

/** One answer for every package, and newer than any of them: the engine warns about a plugin older than its package. */
const pluginVersion = "1000.0.0";

/** Pulumi's provider protocol, for any package: a resource's type has its package, too. */
export function providerService(
  packageName: string,
  cloud: LocalCloud,
  resources: EngineResources,
): UntypedServiceImplementation {
  const unary = answers(packageName, cloud, resources) as Record<string, (request: unknown) => unknown>;
  return Object.fromEntries(Object.entries(unary).map(([name, answer]) => [name, handlerOf(answer)]));
}

function answers(packageName: string, cloud: LocalCloud, resources: EngineResources) {
  return {
    getPluginInfo: () => withFields(new PluginInfo(), { version: pluginVersion }),

    getSchema: () => withFields(new messages.GetSchemaResponse(), { schema: packageSchema(packageName) }),

    attach: () => new Empty(),

    cancel: () => new Empty(),

    checkConfig: (request: messages.CheckRequest) =>
      withFields(new messages.CheckResponse(), { inputs: request.getNews() }),

    diffConfig: () => new messages.DiffResponse(),

    configure(request: messages.ConfigureRequest): messages.ConfigureResponse {
      const { region } = propertiesOf(request.getArgs());
      if (region !== undefined && region !== cloud.region) {
        throw new Error(`Expected the local cloud's region ${cloud.region}, got ${JSON.stringify(region)}`);
      }
      // The engine requires it of providers that construct components; for the others it keeps secrets itself.
      const isConstructing = request.getType() === "pulumi:providers:awsx";
      return withFields(new messages.ConfigureResponse(), {
        ...{ supportspreview: true, acceptsecrets: isConstructing, acceptresources: isConstructing },
      });
    },

    async check(request: messages.CheckRequest): Promise<messages.CheckResponse> {
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const inputs = await resources.check(subjectOf(request), olds, news, request.getRandomseed_asU8());
      return withFields(new messages.CheckResponse(), { inputs: structOf(inputs) });
    },

    diff(request: messages.DiffRequest): messages.DiffResponse {
      const [olds, news] = [propertiesOf(request.getOldInputs()), propertiesOf(request.getNews())];
      const { changed, replacing, deletesBeforeReplace } = resources.diff(subjectOf(request), olds, news);
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return withFields(new messages.DiffResponse(), {
        changes: changed.length > 0 ? DIFF_SOME : DIFF_NONE,
        diffsList: changed,
        replacesList: replacing,
        deletebeforereplace: deletesBeforeReplace,
      });
    },

    async create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
      const response = new messages.CreateResponse();
      if (request.getPreview()) return withFields(response, { properties: request.getProperties() });
      const { id, state } = await resources.create(subjectOf(request), propertiesOf(request.getProperties()));
      return withFields(response, { id, properties: structOf(state) });
    },

    async read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
      const id = request.getId();
      const [state, inputs] = [propertiesOf(request.getProperties()), propertiesOf(request.getInputs())];
      const response = new messages.ReadResponse();
      const isRefresh = Object.keys(inputs).length > 0;
      const found = isRefresh
        ? await resources.read(subjectOf(request), id, state, inputs)
        : { state: await resources.find(subjectOf(request), id, state), inputs: state };
      if (!found) return response;
      return withFields(response, { id, properties: structOf(found.state), inputs: structOf(found.inputs) });
    },

    async update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
      const subject = subjectOf(request);
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const state = request.getPreview()
        ? resources.previewUpdate(subject, olds, propertiesOf(request.getOldInputs()), news)
        : await resources.update(subject, request.getId(), olds, news);
      return withFields(new messages.UpdateResponse(), { properties: structOf(state) });
    },

    async delete(request: messages.DeleteRequest) {
      await resources.delete(subjectOf(request), request.getId(), propertiesOf(request.getProperties()));
      return new Empty();
    },

    invoke(request: messages.InvokeRequest): messages.InvokeResponse {
      const inputs = decode(propertiesOf(request.getArgs()));
      const answer = answerTo(request.getTok(), inputs, cloud, resources.standIns) as WireProperties;
      return withFields(new messages.InvokeResponse(), { return: structOf(answer) });
    },

    async construct(request: messages.ConstructRequest): Promise<messages.ConstructResponse> {
      const monitor = new ResourceMonitor(request.getMonitorendpoint());
      try {
        const [type, name, inputs] = [request.getType(), request.getName(), propertiesOf(request.getInputs())];
        const { urn, outputs } = await constructAwsx({
          ...{ type, name, inputs },
          parent: request.getParent(),
          dependencies: dependenciesOf(request),
          providers: Object.fromEntries(request.getProvidersMap().getEntryList()),
          monitor,
          region: cloud.region,
        });
        const made = { id: urn, inputs, state: { ...decode(inputs), ...outputs } };
        deployedIn(cloud).keep({ ...made, context: { cloud, type, name }, handler: resourceTypes[type]! });
        return withFields(new messages.ConstructResponse(), { urn, state: structOf(outputs) });
      } finally {
        monitor.close();
      }
    },
  };
}

/** Errors become the engine's: users read their messages. */
function handlerOf(answer: (request: unknown) => unknown) {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: status.UNKNOWN, message: error.message }),
      );
  };
}

function subjectOf(request: { getUrn(): string; getType(): string; getName(): string }) {
  return { type: request.getType(), name: request.getName() };
}

function dependenciesOf(request: messages.ConstructRequest): string[] {
  const urns = new Set(request.getDependenciesList());
  for (const [, ofInput] of request.getInputdependenciesMap().entries()) {
    ofInput.getUrnsList().forEach((urn) => urns.add(urn));
  }
  return [...urns];
}

function propertiesOf(struct: WireStruct | undefined): WireProperties {
  return struct?.toJavaScript() ?? {};
}

function structOf(properties: WireProperties): WireStruct {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Struct.fromJavaScript(Object.fromEntries(entries));
}
