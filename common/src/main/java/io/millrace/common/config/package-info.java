/**
 * Settings from one source: a key's name, type, default, bounds and meaning stand in one place, and
 * the parser, the effective values with their origin and the reference page come from there.
 *
 * <p>Start with {@link io.millrace.common.config.ConfigKey}, {@link
 * io.millrace.common.config.EffectiveConfig} and {@link io.millrace.common.config.TopicConfigs}. No
 * IO: texts are handed in.
 */
@NullMarked
package io.millrace.common.config;

import org.jspecify.annotations.NullMarked;
