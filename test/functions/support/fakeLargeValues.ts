import { problemOf } from "../../../contract/http/problem";
import {
  checkRef,
  type LargeValue,
  lifetimesFor,
  payloadFolder,
  payloadKey,
  resultFolder,
  resultKey,
} from "../../../contract/records/largeValues";
import { wrongShape } from "../../../functions/frontend/requests/readFields";
import type { LargeValues } from "../../../functions/operator/services/largeValues";

/** A bucket in memory: size and digest of each object, by key. */
export class FakeLargeValues implements LargeValues {
  readonly objects = new Map<string, LargeValue>();

  constructor(private readonly now: () => number) {}

  prepare: LargeValues["prepare"] = (job, ref) =>
    Promise.resolve({ url: `https://bucket/${payloadKey(job, ref)}`, headers: {}, expiresAt: "2026-11-02T10:15:00Z" });

  find: LargeValues["find"] = ({ payloadRef, notBefore, source, ...job }) => {
    if (source?.payloadRef) {
      const placed = { ...source.payloadRef, days: 42 };
      this.objects.set(payloadKey(job, placed), this.objects.get(payloadKey(source, source.payloadRef))!);
      return Promise.resolve(placed);
    }
    const wrong = checkRef(payloadRef);
    if (wrong.length > 0) return Promise.resolve(wrongShape(wrong));
    for (const days of lifetimesFor(notBefore, this.now())) {
      const found = this.objects.get(payloadKey(job, { ...payloadRef, days }));
      if (found?.bytes === payloadRef.bytes) return Promise.resolve({ ...payloadRef, days });
      if (found) return Promise.resolve(problemOf("blob-mismatch", "It has other bytes"));
    }
    return Promise.resolve(problemOf("blob-missing", "It was not uploaded"));
  };

  store: LargeValues["store"] = ({ payloadRef, notBefore, ...job }) => {
    const placed = { ...payloadRef, days: lifetimesFor(notBefore, this.now())[0]! };
    this.objects.set(payloadKey(job, placed), payloadRef);
    return Promise.resolve(placed);
  };

  sign: LargeValues["sign"] = ({ payloadRef, resultRef, ...job }) => {
    const urlOf = (key: string, { bytes, sha256 }: LargeValue) => ({
      ...{ url: `https://bucket/${key}`, bytes, sha256, expiresAt: "2026-11-02T10:15:00Z" },
    });
    return Promise.resolve({
      ...(payloadRef && { payloadRef: urlOf(payloadKey(job, payloadRef), payloadRef) }),
      ...(resultRef && { resultRef: urlOf(resultKey(job, resultRef.claim), resultRef) }),
    });
  };

  remove: LargeValues["remove"] = (job) => {
    const folders = [resultFolder(job), ...[42, 90, 410].map((days) => payloadFolder(job, days))];
    for (const key of this.objects.keys()) {
      if (folders.some((folder) => key.startsWith(folder))) this.objects.delete(key);
    }
    return Promise.resolve({});
  };
}
