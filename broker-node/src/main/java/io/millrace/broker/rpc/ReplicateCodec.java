package io.millrace.broker.rpc;

import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.broker.rpc.wire.ReplicateFrameMarshaller;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.ReplicaData;
import io.millrace.proto.internal.v1.ReplicaDiverged;
import io.millrace.proto.internal.v1.ReplicaEnded;
import io.millrace.proto.internal.v1.ReplicaMovesOver;
import io.millrace.proto.internal.v1.ReplicaPosition;
import io.millrace.proto.internal.v1.ReplicaPositions;
import io.millrace.proto.internal.v1.ReplicaRefused;
import io.millrace.proto.internal.v1.ReplicaStartAt;
import io.millrace.proto.internal.v1.ReplicaSubscribed;
import io.millrace.proto.internal.v1.ReplicaWatermark;
import io.millrace.proto.internal.v1.ReplicaWatermarks;
import io.millrace.proto.internal.v1.ReplicateCredits;
import io.millrace.proto.internal.v1.ReplicateHeartbeat;
import io.millrace.proto.internal.v1.ReplicateOpen;
import io.millrace.proto.internal.v1.ReplicateRequest;
import io.millrace.proto.internal.v1.ReplicateResponse;
import io.millrace.proto.internal.v1.RequestContext;
import io.millrace.proto.internal.v1.SubscribeReplica;
import io.millrace.proto.internal.v1.UnsubscribeReplica;

/**
 * The frames of Replicate streams as messages; records take the {@link ReplicateFrameMarshaller}.
 */
final class ReplicateCodec {
  private ReplicateCodec() {}

  // ---- of the follower

  /**
   * The message of a frame.
   *
   * @param context goes into the first one
   */
  static ReplicateRequest write(FollowerFrame frame, RequestContext context) {
    ReplicateRequest.Builder message = ReplicateRequest.newBuilder();
    if (frame instanceof FollowerFrame.Open open) {
      message.setOpen(
          ReplicateOpen.newBuilder()
              .setContext(context)
              .setFollowerId(open.followerId())
              .setFollowerEpoch(open.followerEpoch())
              .setLeaderId(open.leaderId())
              .setCreditBytes(open.creditBytes())
              .setMaxFrameBytes(open.maxFrameBytes())
              .setCatchesUp(open.catchesUp()));
    } else if (frame instanceof FollowerFrame.Subscribe subscribe) {
      message.setSubscribe(
          SubscribeReplica.newBuilder()
              .setAttempt(subscribe.attempt())
              .setTopicId(Uuids.toBytes(subscribe.partition().topicId()))
              .setPartition(subscribe.partition().partition())
              .setLeaderEpoch(subscribe.leaderEpoch())
              .setPosition(subscribe.position())
              .setLastEpoch(subscribe.lastEpoch()));
    } else if (frame instanceof FollowerFrame.Unsubscribe unsubscribe) {
      message.setUnsubscribe(
          UnsubscribeReplica.newBuilder().setSubscription(unsubscribe.subscription()));
    } else if (frame instanceof FollowerFrame.Positions positions) {
      message.setPositions(write(positions));
    } else if (frame instanceof FollowerFrame.Credits credits) {
      message.setCredits(ReplicateCredits.newBuilder().setBytes(credits.bytes()));
    } else if (frame instanceof FollowerFrame.Heartbeat) {
      message.setHeartbeat(ReplicateHeartbeat.getDefaultInstance());
    }
    return message.build();
  }

  private static ReplicaPositions write(FollowerFrame.Positions positions) {
    ReplicaPositions.Builder all = ReplicaPositions.newBuilder();
    for (FollowerFrame.Position each : positions.positions()) {
      ReplicaPosition.Builder position =
          all.addPositionsBuilder()
              .setSubscription(each.subscription())
              .setAppended(each.appended())
              .setDurable(each.durable());
      if (each.logStart() != LeadingEvent.LOG_START_UNTOLD) {
        position.setLogStart(each.logStart());
      }
    }
    return all.build();
  }

  /**
   * The frame of a message.
   *
   * @throws io.millrace.common.MillraceException with INVALID_REQUEST if there is none
   */
  static FollowerFrame read(ReplicateRequest message) {
    return switch (message.getMessageCase()) {
      case OPEN -> read(message.getOpen());
      case SUBSCRIBE -> read(message.getSubscribe());
      case UNSUBSCRIBE -> new FollowerFrame.Unsubscribe(message.getUnsubscribe().getSubscription());
      case POSITIONS ->
          new FollowerFrame.Positions(
              message.getPositions().getPositionsList().stream()
                  .map(ReplicateCodec::read)
                  .toList());
      case CREDITS -> new FollowerFrame.Credits(message.getCredits().getBytes());
      case HEARTBEAT -> new FollowerFrame.Heartbeat();
      case MESSAGE_NOT_SET -> throw Requests.invalid("message: none");
    };
  }

  private static FollowerFrame.Position read(ReplicaPosition at) {
    return new FollowerFrame.Position(
        at.getSubscription(),
        at.getAppended(),
        at.getDurable(),
        at.hasLogStart() ? at.getLogStart() : LeadingEvent.LOG_START_UNTOLD);
  }

  private static FollowerFrame.Open read(ReplicateOpen open) {
    return new FollowerFrame.Open(
        open.getFollowerId(),
        open.getFollowerEpoch(),
        open.getLeaderId(),
        open.getCreditBytes(),
        open.getMaxFrameBytes(),
        open.getCatchesUp());
  }

  private static FollowerFrame.Subscribe read(SubscribeReplica subscribe) {
    TopicIdPartition partition = Partitions.named(subscribe.getTopicId(), subscribe.getPartition());
    return new FollowerFrame.Subscribe(
        subscribe.getAttempt(),
        partition,
        subscribe.getLeaderEpoch(),
        subscribe.getPosition(),
        subscribe.getLastEpoch());
  }

  // ---- of the leader

  /** The message of a frame that has no records. */
  static ReplicateResponse write(LeaderFrame frame) {
    ReplicateResponse.Builder message = ReplicateResponse.newBuilder();
    if (frame instanceof LeaderFrame.Subscribed answer) {
      message.setSubscribed(
          ReplicaSubscribed.newBuilder()
              .setAttempt(answer.attempt())
              .setSubscription(answer.subscription())
              .setHighWatermark(answer.highWatermark())
              .setLogStart(answer.logStart()));
    } else if (frame instanceof LeaderFrame.Diverged answer) {
      message.setDiverged(
          ReplicaDiverged.newBuilder()
              .setAttempt(answer.attempt())
              .setEpoch(answer.epoch())
              .setEndOffset(answer.endOffset()));
    } else if (frame instanceof LeaderFrame.StartAt answer) {
      message.setStartAt(
          ReplicaStartAt.newBuilder().setAttempt(answer.attempt()).setOffset(answer.offset()));
    } else if (frame instanceof LeaderFrame.Refused answer) {
      message.setRefused(
          ReplicaRefused.newBuilder()
              .setAttempt(answer.attempt())
              .setError(RpcErrors.toProto(answer.error())));
    } else if (frame instanceof LeaderFrame.Watermarks moved) {
      message.setWatermarks(write(moved));
    } else if (frame instanceof LeaderFrame.Ended end) {
      message.setEnded(
          ReplicaEnded.newBuilder()
              .setSubscription(end.subscription())
              .setError(RpcErrors.toProto(end.error())));
    } else if (frame instanceof LeaderFrame.MovesOver moves) {
      message.setMovesOver(ReplicaMovesOver.newBuilder().setSubscription(moves.subscription()));
    } else if (frame instanceof LeaderFrame.Heartbeat) {
      message.setHeartbeat(ReplicateHeartbeat.getDefaultInstance());
    } else {
      throw new IllegalArgumentException("frame: " + frame + " (expected: one without records)");
    }
    return message.build();
  }

  private static ReplicaWatermarks write(LeaderFrame.Watermarks moved) {
    ReplicaWatermarks.Builder all = ReplicaWatermarks.newBuilder();
    for (LeaderFrame.Watermark each : moved.watermarks()) {
      all.addWatermarks(
          ReplicaWatermark.newBuilder()
              .setSubscription(each.subscription())
              .setHighWatermark(each.highWatermark())
              .setLogStart(each.logStart()));
    }
    return all.build();
  }

  /**
   * The frame of a message.
   *
   * @throws IllegalArgumentException if there is none
   */
  static LeaderFrame read(ReplicateResponse message) {
    return switch (message.getMessageCase()) {
      case SUBSCRIBED -> {
        ReplicaSubscribed answer = message.getSubscribed();
        yield new LeaderFrame.Subscribed(
            answer.getAttempt(),
            answer.getSubscription(),
            answer.getHighWatermark(),
            answer.getLogStart());
      }
      case DIVERGED -> {
        ReplicaDiverged answer = message.getDiverged();
        yield new LeaderFrame.Diverged(
            answer.getAttempt(), answer.getEpoch(), answer.getEndOffset());
      }
      case START_AT ->
          new LeaderFrame.StartAt(
              message.getStartAt().getAttempt(), message.getStartAt().getOffset());
      case REFUSED ->
          new LeaderFrame.Refused(
              message.getRefused().getAttempt(),
              RpcErrors.fromProto(message.getRefused().getError()));
      case DATA -> read(message.getData());
      case WATERMARKS ->
          new LeaderFrame.Watermarks(
              message.getWatermarks().getWatermarksList().stream()
                  .map(
                      each ->
                          new LeaderFrame.Watermark(
                              each.getSubscription(), each.getHighWatermark(), each.getLogStart()))
                  .toList());
      case ENDED ->
          new LeaderFrame.Ended(
              message.getEnded().getSubscription(),
              RpcErrors.fromProto(message.getEnded().getError()));
      case HEARTBEAT -> new LeaderFrame.Heartbeat();
      case MOVES_OVER -> new LeaderFrame.MovesOver(message.getMovesOver().getSubscription());
      case MESSAGE_NOT_SET -> throw new IllegalArgumentException("message: none");
    };
  }

  private static LeaderFrame.Data read(ReplicaData data) {
    return new LeaderFrame.Data(
        data.getPartsList().stream()
            .map(
                part ->
                    new LeaderFrame.DataPart(
                        part.getSubscription(),
                        part.getPrevEndOffset(),
                        part.getHighWatermark(),
                        part.getLogStart(),
                        ReplicateFrameMarshaller.received(part.getRecords())))
            .toList());
  }
}
