/**
 * Refusals with a status below 500 that don't concern the request: the service, the network or a permission has failed.
 */
const refusals = [
  /Throttl/,
  /LimitExceeded|ThroughputExceeded|TooManyRequests|SlowDown|^OverLimit$/,
  /AccessDenied|NotAuthorized|Unauthorized|AuthFailure|OptInRequired|SubscriptionRequired/,
  /ExpiredToken|TokenRefreshRequired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|MissingAuthentication/,
  /Signature|RequestExpired|RequestTimeTooSkewed|InvalidToken|CredentialsProviderError/,
  /^(ResourceNotFoundException|QueueDoesNotExist|NonExistentQueue|NotFoundException|NotFound|NoSuchBucket)$/,
  /^Kms|^KMS/,
];

/** Refusals that new credentials, and so another instance, may fix. */
const ofCredentials =
  /ExpiredToken|TokenRefreshRequired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken|CredentialsProviderError/;

/**
 * True if the service, and not the request, is the cause: it is out of reach, broken, throttles, or refuses this caller
 * altogether. The same call may work later, and any other call would fail as well.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "ServiceAway") return true;
  if (refusals.some((pattern) => pattern.test(error.name))) return true;
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429;
  return isUnanswered(error);
}

/** True if the service itself answered, even with a refusal: then this machine and its network work. */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return statusOf(error) !== undefined && !ofCredentials.test(error.name);
}

function statusOf(error: Error): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** Sockets, names and time limits: Node's codes and the SDK's names. */
function isUnanswered(error: Error): boolean {
  const { code } = error as { code?: unknown };
  const isOfSystem = typeof code === "string" && /^((?!ERR_)E[A-Z_]{3,}|UND_ERR_\w+|CERT_\w+)$/.test(code);
  return (
    isOfSystem || /^(TimeoutError|ECONN\w+|NetworkingError|RequestTimeout|RequestTimeoutException)$/.test(error.name)
  );
}
