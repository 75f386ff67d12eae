import type { RegionData } from "./dataFolder";
import type { S3Store, StoredObject } from "./fauxqs";

/** An object that was just put into a bucket. */
export interface NewObject {
  bucket: string;
  key: string;
  bytes: number;
  etag: string;
  /** S3's name of the event, without its `s3:`. */
  event: "ObjectCreated:Put" | "ObjectCreated:CompleteMultipartUpload";
}

export type ObjectStore = ReturnType<typeof createObjectStore>;

/** fauxqs's buckets, which report the objects put into them. */
export function createObjectStore(Base: typeof S3Store, data?: RegionData) {
  class LocalS3Store extends Base {
    announce: (object: NewObject) => void = () => undefined;

    /** With the objects that an earlier run left. */
    override createBucket(name: string): void {
      super.createBucket(name);
      for (const [key, object] of data?.take<StoredObject>(objectKey(name, "")) ?? []) {
        Object.assign(super.putObject(name, key, object.body, object.contentType, object.metadata), object);
      }
    }

    override deleteObject(bucket: string, key: string): void {
      super.deleteObject(bucket, key);
      data?.delete(objectKey(bucket, key));
    }

    override putObject(...args: Parameters<S3Store["putObject"]>): StoredObject {
      const object = super.putObject(...args);
      data?.put(objectKey(args[0], object.key), object);
      this.announce(newObject(args[0], object, "ObjectCreated:Put"));
      return object;
    }

    override completeMultipartUpload(...args: Parameters<S3Store["completeMultipartUpload"]>): StoredObject {
      const bucket = this.multipartUploads.get(args[0])?.bucket ?? "";
      const object = super.completeMultipartUpload(...args);
      data?.put(objectKey(bucket, object.key), object);
      this.announce(newObject(bucket, object, "ObjectCreated:CompleteMultipartUpload"));
      return object;
    }
  }
  return new LocalS3Store();
}

/** Key of an object in the folder of data. */
export function objectKey(bucket: string, key: string): string {
  return `object ${bucket} ${key}`;
}

function newObject(bucket: string, { key, contentLength, etag }: StoredObject, event: NewObject["event"]): NewObject {
  return { bucket, key, bytes: contentLength, etag: etag.replaceAll('"', ""), event };
}
