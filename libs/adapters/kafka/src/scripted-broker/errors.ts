/** The error codes that scripts use (kafka.apache.org/protocol, "Error Codes"). */
export const ERRORS = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  groupLoading: 14,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  rebalanceInProgress: 27,
  outOfOrderSequence: 45,
} as const;
