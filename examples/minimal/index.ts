import { BatchJobProcessor, Job } from "batch-job-processor";

const greetings: Record<string, string> = { de: "Hallo", en: "Hello" };

const jobs = new BatchJobProcessor("minimal", {
  processors: [
    {
      name: "greet",
      instanceTypes: ["t4g.small"], // what an account on the free plan may launch
      async handle(job: Job<{ name: string; language?: string }>, context) {
        const { name, language = "en" } = job.payload;
        const greeting = greetings[language];
        // No other attempt would go better.
        if (!greeting) throw Object.assign(new Error(`There is no greeting in "${language}"`), { permanent: true });
        context.logger.info("greeting", { language });
        return { text: `${greeting} ${name}` };
      },
    },
  ],
});

export const { url, queueUrls, deadLetterQueueUrls, logGroupNames, functionLogGroupName } = jobs;
