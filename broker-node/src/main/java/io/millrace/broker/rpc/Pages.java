package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The pages of lists: how long they are, and where the next one begins. Stateless. */
final class Pages {
  private static final int DEFAULT_SIZE = 100;
  private static final int MAX_SIZE = 1_000;

  /** What every page token begins with: tells a token from any other text. */
  private static final String TOKEN_PREFIX = "after:";

  private Pages() {}

  /** How many entries a page has at most. */
  static int size(int asked) {
    Requests.notNegative("page_size", asked);
    return asked == 0 ? DEFAULT_SIZE : Math.min(asked, MAX_SIZE);
  }

  /** The token of the page after an entry. */
  static String token(String last) {
    return Base64.getUrlEncoder()
        .encodeToString((TOKEN_PREFIX + last).getBytes(StandardCharsets.UTF_8));
  }

  /** The last entry of the page before; empty for the first page. */
  static String last(String token) {
    if (token.isEmpty()) {
      return "";
    }
    try {
      String text = ByteString.copyFrom(Base64.getUrlDecoder().decode(token)).toStringUtf8();
      if (text.startsWith(TOKEN_PREFIX)) {
        return text.substring(TOKEN_PREFIX.length());
      }
    } catch (IllegalArgumentException malformed) {
      throw noToken(token);
    }
    throw noToken(token);
  }

  /** The same of a list by numbers; 0 for the first page. */
  static int lastNumber(String token) {
    String last = last(token);
    try {
      return last.isEmpty() ? 0 : Integer.parseInt(last);
    } catch (NumberFormatException malformed) {
      throw noToken(token);
    }
  }

  static MillraceException noToken(String token) {
    return new MillraceException(
        ErrorCode.INVALID_REQUEST,
        "page_token: " + token + " (expected: the next_page_token of an earlier answer)");
  }
}
