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
import { Empty, status, Struct } from "./grpc";
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
    getPluginInfo(): PluginInfo {
      const info = new PluginInfo();
      info.setVersion(pluginVersion);
      return info;
    },

    getSchema(): messages.GetSchemaResponse {
      const response = new messages.GetSchemaResponse();
      response.setSchema(packageSchema(packageName));
      return response;
    },

    attach: () => new Empty(),

    cancel: () => new Empty(),

    checkConfig(request: messages.CheckRequest): messages.CheckResponse {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    },

    diffConfig: () => new messages.DiffResponse(),

    configure(request: messages.ConfigureRequest): messages.ConfigureResponse {
      const { region } = propertiesOf(request.getArgs());
      if (region !== undefined && region !== cloud.region) {
        throw new Error(`Expected the local cloud's region ${cloud.region}, got ${JSON.stringify(region)}`);
      }
      const response = new messages.ConfigureResponse();
      response.setSupportspreview(true);
      // The engine requires it of providers that construct components; for the others it keeps secrets itself.
      const isConstructing = request.getType() === "pulumi:providers:awsx";
      response.setAcceptsecrets(isConstructing);
      response.setAcceptresources(isConstructing);
      return response;
    },

    async check(request: messages.CheckRequest): Promise<messages.CheckResponse> {
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const inputs = await resources.check(subjectOf(request), olds, news, request.getRandomseed_asU8());
      const response = new messages.CheckResponse();
      response.setInputs(structOf(inputs));
      return response;
    },

    diff(request: messages.DiffRequest): messages.DiffResponse {
      const [olds, news] = [propertiesOf(request.getOldInputs()), propertiesOf(request.getNews())];
      const { changed, replacing, deletesBeforeReplace } = resources.diff(subjectOf(request), olds, news);
      const response = new messages.DiffResponse();
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      response.setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList(changed);
      response.setReplacesList(replacing);
      response.setDeletebeforereplace(deletesBeforeReplace);
      return response;
    },

    async create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
      const response = new messages.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(request.getProperties());
        return response;
      }
      const { id, state } = await resources.create(subjectOf(request), propertiesOf(request.getProperties()));
      response.setId(id);
      response.setProperties(structOf(state));
      return response;
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
      response.setId(id);
      response.setProperties(structOf(found.state));
      response.setInputs(structOf(found.inputs));
      return response;
    },

    async update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
      const subject = subjectOf(request);
      const [olds, news] = [propertiesOf(request.getOlds()), propertiesOf(request.getNews())];
      const state = request.getPreview()
        ? resources.previewUpdate(subject, olds, propertiesOf(request.getOldInputs()), news)
        : await resources.update(subject, request.getId(), olds, news);
      const response = new messages.UpdateResponse();
      response.setProperties(structOf(state));
      return response;
    },

    async delete(request: messages.DeleteRequest) {
      await resources.delete(subjectOf(request), request.getId(), propertiesOf(request.getProperties()));
      return new Empty();
    },

    invoke(request: messages.InvokeRequest): messages.InvokeResponse {
      const inputs = decode(propertiesOf(request.getArgs()));
      const response = new messages.InvokeResponse();
      response.setReturn(structOf(answerTo(request.getTok(), inputs, cloud, resources.standIns) as WireProperties));
      return response;
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
        const response = new messages.ConstructResponse();
        response.setUrn(urn);
        response.setState(structOf(outputs));
        return response;
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
