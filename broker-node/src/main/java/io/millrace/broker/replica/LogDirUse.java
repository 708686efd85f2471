package io.millrace.broker.replica;

import io.millrace.broker.log.dir.DataDir;

/**
 * What lies in a log directory.
 *
 * @param dir the directory
 * @param replicas how many logs lie in it
 * @param bytes how large they are together
 */
public record LogDirUse(DataDir dir, int replicas, long bytes) {}
