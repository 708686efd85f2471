package io.millrace.it.soak;

/**
 * What a process holds at one time.
 *
 * @param residentKb memory in RAM
 * @param descriptors open files and connections
 * @param threads of the machine
 * @param directKb buffers outside the heap that the JVM counts
 */
record ProcessSample(long residentKb, long descriptors, long threads, long directKb) {}
