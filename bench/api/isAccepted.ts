/** True if the API, or the peer, took all jobs of a request, by its answer. */
export = (answer: string): boolean => !/"status":(?!202\b)/.test(answer);
