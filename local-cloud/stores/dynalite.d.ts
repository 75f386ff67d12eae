declare module "dynalite" {
  import type { Server } from "node:http";

  /**
   * DynamoDB as an HTTP server, with its tables in the folder or else in memory. The delays are those that AWS takes
   * for each change.
   */
  export default function dynalite(options?: {
    path?: string | undefined;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
