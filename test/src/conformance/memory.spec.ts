import {
  MemoryArchive,
  MemoryArchiveData,
  MemoryContentStore,
  MemoryEventLog,
  MemoryLogData,
  MemoryQuotaData,
  MemoryQuotaStore,
  MemoryReadModels,
  MemoryStateCopies,
  MemoryStateStore,
} from '@penstock/adapter-memory';
import {
  archiveConformance,
  contentStoreConformance,
  type EventLogHarness,
  eventLogConformance,
  keyedStoreConformance,
  quotaStoreConformance,
  readModelsConformance,
  stateCopiesConformance,
} from '@penstock/testing';

class MemoryLogHarness implements EventLogHarness {
  private readonly data = new MemoryLogData();
  private storesLeft = Number.POSITIVE_INFINITY;
  log = this.connect();

  cutNextAppend(wholeBatches: number): void {
    this.storesLeft = wholeBatches;
  }

  async reopen(): Promise<void> {
    this.log.disconnect();
    this.storesLeft = Number.POSITIVE_INFINITY;
    this.log = this.connect();
  }

  async close(): Promise<void> {
    this.log.disconnect();
  }

  private connect(): MemoryEventLog {
    return new MemoryEventLog(this.data, {
      beforeStore: () => {
        if (this.storesLeft-- <= 0) throw new Error('cut');
      },
    });
  }
}

const nothingToClose = async () => {};

eventLogConformance('memory', async () => new MemoryLogHarness());

contentStoreConformance('memory', async () => {
  let content = new MemoryContentStore();
  return {
    get content() {
      return content;
    },
    reopen: async () => {
      content = new MemoryContentStore(content.data);
    },
    close: nothingToClose,
  };
});

for (const Stores of [MemoryStateStore, MemoryReadModels]) {
  keyedStoreConformance(`memory, ${Stores.name}`, async () => {
    let stores = new Stores();
    return {
      get stores() {
        return stores;
      },
      reopen: async () => {
        stores = new Stores(stores.data);
      },
      close: nothingToClose,
    };
  });
}

archiveConformance('memory', async () => {
  const data = new MemoryArchiveData();
  let archive = new MemoryArchive(data);
  return {
    get archive() {
      return archive;
    },
    reopen: async () => {
      archive = new MemoryArchive(data);
    },
    close: nothingToClose,
  };
});

readModelsConformance('memory', async () => {
  let models = new MemoryReadModels();
  return {
    get models() {
      return models;
    },
    reopen: async () => {
      models = new MemoryReadModels(models.data);
    },
    close: nothingToClose,
  };
});

quotaStoreConformance('memory', async () => {
  let nowMs = Date.UTC(2026, 0);
  let data = new MemoryQuotaData();
  const connect = () => new MemoryQuotaStore(() => nowMs, data);
  let quotas = connect();
  return {
    // Every call finds the store of the moment.
    quotas: { ask: (requests) => quotas.ask(requests), leave: (asker, keys) => quotas.leave(asker, keys) },
    pass: (ms) => {
      nowMs += ms;
    },
    flush: async () => {
      data = new MemoryQuotaData();
      quotas = connect();
    },
    reopen: async () => {
      quotas = connect();
    },
    close: nothingToClose,
  };
});

stateCopiesConformance('memory', async () => {
  let copies = new MemoryStateCopies();
  return {
    get copies() {
      return copies;
    },
    stores: new MemoryStateStore(),
    reopen: async () => {
      copies = new MemoryStateCopies(copies.data);
    },
    close: nothingToClose,
  };
});
