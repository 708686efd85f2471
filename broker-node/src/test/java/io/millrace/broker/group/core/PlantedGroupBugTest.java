package io.millrace.broker.group.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupWorld.Plant;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Each safety rule of the coordinator, left out: {@link GroupScheduleTest} must notice. */
final class PlantedGroupBugTest {
  private static final int SEEDS = 40;

  @Test
  void partitionGivenBeforeItIsGivenUpIsFound() {
    assertThat(found(() -> withSettlement(PlantedGroupBugTest::withoutWaiting)))
        .contains("two owners");
  }

  private static Optional<Assignment> withoutWaiting(
      GroupImage group, String memberId, boolean confirmed) {
    return Reconciliation.next(group, memberId, confirmed)
        .map(next -> next.releasing(Partitions.NONE));
  }

  @Test
  void epochThatRisesBeforeItIsConfirmedIsFound() {
    assertThat(
            found(
                () ->
                    withSettlement((group, id, confirmed) -> Reconciliation.next(group, id, true))))
        .contains("did as it was told is fenced");
  }

  private interface Step {
    Optional<Assignment> next(GroupImage group, String memberId, boolean confirmed);
  }

  private static Parts withSettlement(Step step) {
    return new Parts() {
      @Override
      Settlement settlement() {
        return new Settlement(matches, live) {
          @Override
          Optional<Assignment> next(GroupImage group, String memberId, boolean confirmed) {
            return step.next(group, memberId, confirmed);
          }
        };
      }
    };
  }

  @Test
  void lostAnswerThatIsNotForgivenIsFound() {
    assertThat(
            found(
                () ->
                    new Parts() {
                      @Override
                      MembershipDecisions memberships() {
                        return new MembershipDecisions(matches, live) {
                          @Override
                          boolean isTold(Heartbeat heartbeat, Assignment assignment) {
                            return heartbeat.memberEpoch() == assignment.epoch();
                          }
                        };
                      }
                    }))
        .contains("did as it was told is fenced");
  }

  @Test
  void partitionsTakenForGivenUpByAnyHeartbeatAreFound() {
    assertThat(
            found(
                () ->
                    new Parts() {
                      @Override
                      MembershipDecisions memberships() {
                        return new MembershipDecisions(matches, live) {
                          @Override
                          void release(
                              Changes changes, MemberKey key, SortedSet<TopicIdPartition> owned) {
                            super.release(changes, key, Partitions.NONE);
                          }
                        };
                      }
                    }))
        .contains("two owners");
  }

  @Test
  void memberThatJoinsAgainAndIsTakenToOwnNothingIsFound() {
    assertThat(
            found(
                () ->
                    new Parts() {
                      @Override
                      MembershipDecisions memberships() {
                        return new MembershipDecisions(matches, live) {
                          @Override
                          void join(
                              Changes changes, Heartbeat join, GroupSettings settings, Now now) {
                            MemberKey key = new MemberKey(join.groupId(), join.memberId());
                            if (changes.group(key.groupId()).member(key.memberId()).isPresent()) {
                              changes.remove(key);
                            }
                            super.join(changes, join, settings, now);
                          }
                        };
                      }
                    }))
        .contains("did as it was told is fenced");
  }

  @Test
  void commitOfAnOldEpochThatIsAcceptedIsFound() {
    assertThat(
            found(
                () ->
                    new Parts() {
                      @Override
                      OffsetDecisions offsets() {
                        return new OffsetDecisions(matches) {
                          @Override
                          Optional<MillraceError> refusal(
                              Assignment held, TopicIdPartition partition, int commitEpoch) {
                            return Optional.empty();
                          }
                        };
                      }
                    }))
        .contains("went back");
  }

  @Test
  void offsetsThatExpireUnderLiveMembersAreFound() {
    assertThat(
            found(
                () ->
                    new Parts() {
                      @Override
                      ExpirySweep sweep() {
                        return new ExpirySweep(matches) {
                          @Override
                          boolean isRead(Set<String> read, Topic topic) {
                            return false;
                          }
                        };
                      }
                    }))
        .contains("is lost");
  }

  @Test
  void membersOfALoadedLogThatNobodyWatchesAreFound() {
    assertThat(
            found(
                () ->
                    withWatch(
                        parts ->
                            new MemberWatch(parts.live) {
                              @Override
                              void begin(GroupsImage image, Now now) {}
                            })))
        .contains("members:");
  }

  @Test
  void sessionThatHeartbeatsDoNotProlongIsFound() {
    assertThat(
            found(
                () ->
                    withWatch(
                        parts ->
                            new MemberWatch(parts.live) {
                              @Override
                              void heard(GroupsImage image, Heartbeat heartbeat, Now now) {}
                            })))
        .contains("two owners");
  }

  @Test
  void slowMemberThatIsPutOutBeforeItCanKnowIsFound() {
    assertThat(
            found(
                () ->
                    withWatch(
                        parts ->
                            new MemberWatch(parts.live) {
                              @Override
                              void revocation(
                                  MemberKey key, Assignment before, GroupImage group, Now now) {
                                long early = now.ms() - ModelMember.SESSION_MS;
                                super.revocation(key, before, group, new Now(early, 0));
                              }
                            })))
        .contains("two owners");
  }

  private static Parts withWatch(Function<Parts, MemberWatch> watch) {
    return new Parts() {
      @Override
      MemberWatch watch() {
        return watch.apply(this);
      }
    };
  }

  @Test
  void answerBeforeTheCommitIsFound() {
    assertThat(found(Parts::new, Plant.COMMITTED_BEFORE_WRITTEN)).isNotEmpty();
  }

  @Test
  void imageThatKeepsAFailedAppendIsFound() {
    assertThat(found(Parts::new, Plant.UNWRITTEN_TOLD_AS_WRITTEN)).isNotEmpty();
  }

  @Test
  void replayInTheWrongOrderIsFound() {
    assertThat(found(Parts::new, Plant.OLDEST_RECORD_OF_A_KEY_WINS)).isNotEmpty();
  }

  private static String found(Supplier<Parts> parts) {
    return found(parts, Plant.NONE);
  }

  /** What the schedules find, all of it. */
  private static String found(Supplier<Parts> parts, Plant plant) {
    List<String> found = new ArrayList<>();
    for (long seed = 1; seed <= SEEDS && found.size() < 3; seed++) {
      try {
        GroupScheduleTest.run(new GroupWorld(seed, parts, plant));
      } catch (AssertionError | RuntimeException failure) {
        found.add(String.valueOf(failure.getMessage()));
      }
    }
    return String.join("; ", found);
  }
}
