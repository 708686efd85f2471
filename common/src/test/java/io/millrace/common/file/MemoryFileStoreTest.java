package io.millrace.common.file;

class MemoryFileStoreTest extends FileStoreContract {
  @Override
  FileStore newStore() {
    return new MemoryFileStore();
  }
}
