package io.millrace.broker.group.core;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What some work comes to: records, and what is to be told once they are committed.
 *
 * @param changes the records, and the image that they make
 * @param work what was decided, in order
 * @param answers an answer to each request among it, in order
 * @param told the members whose newest state is among the answers
 * @param fenced the members that were put out, and why
 * @param replaced the streams that others took the place of
 * @param defects what broke down in deciding; its requests are refused
 */
record Plan(
    Changes changes,
    List<Work> work,
    List<CoordinatorEffect.Answer> answers,
    Set<MemberKey> told,
    Map<MemberKey, MillraceError> fenced,
    List<StreamToken> replaced,
    List<RuntimeException> defects) {}
