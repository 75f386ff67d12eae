import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import type { Struct as WireStruct } from "google-protobuf/google/protobuf/struct_pb";
import type { LocalCloud } from "../cloud";
import type { Properties } from "../properties";
import { cloudFor } from "../pulumi/cloudFor";
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
  const unary = answers(packageName, cloud, resources) as Record<string, (request: unknown, peer: string) => unknown>;
  return Object.fromEntries(Object.entries(unary).map(([name, answer]) => [name, handlerOf(answer)]));
}

function answers(packageName: string, cloud: LocalCloud, resources: EngineResources) {
  const { regions } = resources;
  const cloudOf = async (token: string, properties: Properties, peer: string) => {
    const region = regions.get(peer);
    if (packageName !== "aws" || region !== undefined) return cloudFor(cloud, token, properties, region);
    throw new Error("Expected the engine's connection that the provider was configured by, got another: run it again");
  };
  const subjectOf = async (request: Named, properties: WireProperties, peer: string) => {
    const [type, name] = [request.getType(), request.getName()];
    return { type, name, cloud: await cloudOf(type, properties, peer) };
  };
  return {
    getPluginInfo: () => withFields(new PluginInfo(), { version: pluginVersion }),

    getSchema: () => withFields(new messages.GetSchemaResponse(), { schema: packageSchema(packageName) }),

    attach: () => new Empty(),

    cancel: () => new Empty(),

    checkConfig: (request: messages.CheckRequest) =>
      withFields(new messages.CheckResponse(), { inputs: request.getNews() }),

    /** Resources of another region are others. */
    diffConfig(request: messages.DiffRequest): messages.DiffResponse {
      const [{ region: before }, { region }] = [propertiesOf(request.getOldInputs()), propertiesOf(request.getNews())];
      if (before === region) return new messages.DiffResponse();
      const { DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return withFields(new messages.DiffResponse(), { changes: DIFF_SOME, replacesList: ["region"] });
    },

    configure(request: messages.ConfigureRequest, peer: string): messages.ConfigureResponse {
      const { region = cloud.region } = propertiesOf(request.getArgs()) as { region?: string };
      if (packageName === "aws") for (const key of [peer, request.getUrn() ?? ""]) regions.set(key, region);
      // The engine requires it of providers that construct components; for the others it keeps secrets itself.
      const isConstructing = request.getType() === "pulumi:providers:awsx";
      return withFields(new messages.ConfigureResponse(), {
        ...{ supportspreview: true, acceptsecrets: isConstructing, acceptresources: isConstructing },
      });
    },

    async check(request: messages.CheckRequest, peer: string): Promise<messages.CheckResponse> {
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const inputs = await resources.check(
        await subjectOf(request, news, peer),
        olds,
        news,
        request.getRandomseed_asU8(),
      );
      return withFields(new messages.CheckResponse(), { inputs: structOf(inputs) });
    },

    diff(request: messages.DiffRequest): messages.DiffResponse {
      const [olds, news] = [propertiesOf(request.getOldInputs()), propertiesOf(request.getNews())];
      const { changed, replacing, deletesBeforeReplace } = resources.diff(
        { type: request.getType(), name: request.getName() },
        olds,
        news,
      );
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return withFields(new messages.DiffResponse(), {
        changes: changed.length > 0 ? DIFF_SOME : DIFF_NONE,
        diffsList: changed,
        replacesList: replacing,
        deletebeforereplace: deletesBeforeReplace,
      });
    },

    async create(request: messages.CreateRequest, peer: string): Promise<messages.CreateResponse> {
      const response = new messages.CreateResponse();
      if (request.getPreview()) return withFields(response, { properties: request.getProperties() });
      const inputs = propertiesOf(request.getProperties());
      const { id, state } = await resources.create(await subjectOf(request, inputs, peer), inputs);
      return withFields(response, { id, properties: structOf(state) });
    },

    async read(request: messages.ReadRequest, peer: string): Promise<messages.ReadResponse> {
      const id = request.getId();
      const [state, inputs] = [propertiesOf(request.getProperties()), propertiesOf(request.getInputs())];
      const subject = await subjectOf(request, state, peer);
      const response = new messages.ReadResponse();
      const isRefresh = Object.keys(inputs).length > 0;
      const found = isRefresh
        ? await resources.read(subject, id, state, inputs)
        : { state: await resources.find(subject, id, state), inputs: state };
      if (!found) return response;
      return withFields(response, { id, properties: structOf(found.state), inputs: structOf(found.inputs) });
    },

    async update(request: messages.UpdateRequest, peer: string): Promise<messages.UpdateResponse> {
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const subject = await subjectOf(request, olds, peer);
      const state = request.getPreview()
        ? resources.previewUpdate(subject, olds, propertiesOf(request.getOldInputs()), news)
        : await resources.update(subject, request.getId(), olds, news);
      return withFields(new messages.UpdateResponse(), { properties: structOf(state) });
    },

    async delete(request: messages.DeleteRequest, peer: string) {
      const state = propertiesOf(request.getProperties());
      await resources.delete(await subjectOf(request, state, peer), request.getId(), state);
      return new Empty();
    },

    async invoke(request: messages.InvokeRequest, peer: string): Promise<messages.InvokeResponse> {
      const [token, inputs] = [request.getTok(), decode(propertiesOf(request.getArgs()))];
      const answer = answerTo(token, inputs, await cloudOf(token, inputs, peer), resources.standIns) as WireProperties;
      return withFields(new messages.InvokeResponse(), { return: structOf(answer) });
    },

    async construct(request: messages.ConstructRequest): Promise<messages.ConstructResponse> {
      const monitor = new ResourceMonitor(request.getMonitorendpoint());
      try {
        const [type, name, inputs] = [request.getType(), request.getName(), propertiesOf(request.getInputs())];
        const providers = Object.fromEntries(request.getProvidersMap().getEntryList());
        const region = regions.get((providers.aws ?? "").replace(/::[^:]*$/, ""));
        const own = await cloudFor(cloud, type, {}, region);
        const { urn, outputs } = await constructAwsx({
          ...{ type, name, inputs },
          parent: request.getParent(),
          dependencies: dependenciesOf(request),
          ...{ providers, monitor, region: own.region },
        });
        const made = { id: urn, inputs, state: { ...decode(inputs), ...outputs } };
        deployedIn(cloud).keep({ ...made, context: { cloud: own, type, name }, handler: resourceTypes[type]! });
        return withFields(new messages.ConstructResponse(), { urn, state: structOf(outputs) });
      } finally {
        monitor.close();
      }
    },
  };
}

/** A request about a resource. */
interface Named {
  getType(): string;
  getName(): string;
}

/** Errors become the engine's: users read their messages. */
function handlerOf(answer: (request: unknown, peer: string) => unknown) {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    Promise.resolve()
      .then(() => answer(call.request, call.getPeer()))
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: status.UNKNOWN, message: error.message }),
      );
  };
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
