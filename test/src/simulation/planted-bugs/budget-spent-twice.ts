import type { PlantedBug } from './planted-bug.ts';

/** Each token that the store grants is used for two deliveries. */
export const budgetSpentTwice: PlantedBug = {
  in: 'scheduler',
  found: /recipients in \d+ ms, \d+ at most/,
  into: (ports) => ({
    ...ports,
    quotas: {
      ask: async (requests) => {
        const answers = await ports.quotas.ask(requests);
        return answers.map((answer) => ({ ...answer, granted: answer.granted * 2 }));
      },
      leave: (asker, keys) => ports.quotas.leave(asker, keys),
    },
  }),
};
