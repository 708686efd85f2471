package io.millrace.metadata.rpc;

import com.google.protobuf.ByteString;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.Structure;
import io.millrace.proto.internal.v1.Value;
import io.millrace.proto.internal.v1.ValueList;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Records of Java as {@link Structure}s, field by field and by name: numbers, booleans, texts,
 * enums, UUIDs, optionals, lists, sets, maps, and records of these. Stateless.
 *
 * <p>What is read is one of the records that a sealed type permits, and nothing else: the bytes
 * name no class that the type does not.
 */
final class StructureCodec {
  private StructureCodec() {}

  /** Writes a record. */
  static Structure write(Record record) {
    Structure.Builder structure = Structure.newBuilder().setType(record.getClass().getSimpleName());
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      structure.putFields(component.getName(), value(get(record, component)));
    }
    return structure.build();
  }

  /**
   * Reads a record.
   *
   * @param type the record's class, or a sealed type that permits it
   * @throws IllegalArgumentException if it is none of these, or a field is missing, unknown or
   *     wrong
   */
  static <T> T read(Structure structure, Class<T> type) {
    Class<?> found =
        permitted(type)
            .filter(each -> each.getSimpleName().equals(structure.getType()))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("unknown type " + structure.getType()));
    return type.cast(construct(structure, found));
  }

  private static Stream<Class<?>> permitted(Class<?> type) {
    if (type.isRecord()) {
      return Stream.of(type);
    }
    Class<?>[] permitted = type.getPermittedSubclasses();
    if (permitted == null) {
      throw new IllegalArgumentException(type + " (expected: a record or a sealed type)");
    }
    return Arrays.stream(permitted).flatMap(StructureCodec::permitted);
  }

  private static Object construct(Structure structure, Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    Map<String, Value> fields = new HashMap<>(structure.getFieldsMap());
    Object[] values = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      String name = components[i].getName();
      Value value = fields.remove(name);
      types[i] = components[i].getType();
      try {
        values[i] = read(value == null ? missing(types[i]) : value, components[i].getGenericType());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            structure.getType() + "." + name + ": " + e.getMessage(), e);
      }
    }
    if (!fields.isEmpty()) {
      throw new IllegalArgumentException(
          structure.getType() + ": unknown fields " + fields.keySet());
    }
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(structure.getType() + ": " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record without its constructor: " + type, e);
    }
  }

  /** The writer is older than the field: it is empty, if it can be. */
  private static Value missing(Class<?> type) {
    if (type == Optional.class || Collection.class.isAssignableFrom(type) || type == Map.class) {
      return Value.newBuilder().setList(ValueList.getDefaultInstance()).build();
    }
    throw new IllegalArgumentException("missing");
  }

  private static Object get(Record record, RecordComponent component) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a record without an accessor: " + record, e);
    }
  }

  private static Value value(Object object) {
    Value.Builder value = Value.newBuilder();
    if (object instanceof Integer || object instanceof Long) {
      return value.setNumber(((Number) object).longValue()).build();
    } else if (object instanceof Boolean truth) {
      return value.setTruth(truth).build();
    } else if (object instanceof String text) {
      return value.setText(text).build();
    } else if (object instanceof Enum<?> constant) {
      return value.setText(constant.name()).build();
    } else if (object instanceof UUID id) {
      return value.setUuid(Uuids.toBytes(id)).build();
    } else if (object instanceof Record record) {
      return value.setStructure(write(record)).build();
    }
    return value.setList(list(object)).build();
  }

  private static ValueList list(Object object) {
    ValueList.Builder list = ValueList.newBuilder();
    if (object instanceof Optional<?> optional) {
      optional.ifPresent(each -> list.addValues(value(each)));
    } else if (object instanceof Collection<?> collection) {
      collection.forEach(each -> list.addValues(value(each)));
    } else if (object instanceof Map<?, ?> map) {
      map.forEach((key, each) -> list.addValues(value(key)).addValues(value(each)));
    } else {
      throw new IllegalArgumentException("no form for " + object.getClass());
    }
    return list.build();
  }

  private static Object read(Value value, Type type) {
    if (type instanceof ParameterizedType generic) {
      return several(value, (Class<?>) generic.getRawType(), generic.getActualTypeArguments());
    }
    Class<?> wanted = (Class<?>) type;
    Value.KindCase kind = value.getKindCase();
    if (wanted == int.class || wanted == Integer.class) {
      return Math.toIntExact(expect(kind, Value.KindCase.NUMBER, value).getNumber());
    } else if (wanted == long.class || wanted == Long.class) {
      return expect(kind, Value.KindCase.NUMBER, value).getNumber();
    } else if (wanted == boolean.class || wanted == Boolean.class) {
      return expect(kind, Value.KindCase.TRUTH, value).getTruth();
    } else if (wanted == String.class) {
      return expect(kind, Value.KindCase.TEXT, value).getText();
    } else if (wanted == UUID.class) {
      return uuid(expect(kind, Value.KindCase.UUID, value).getUuid());
    } else if (wanted.isEnum()) {
      return constant(wanted, expect(kind, Value.KindCase.TEXT, value).getText());
    }
    return read(expect(kind, Value.KindCase.STRUCTURE, value).getStructure(), wanted);
  }

  private static Value expect(Value.KindCase found, Value.KindCase expected, Value value) {
    if (found != expected) {
      throw new IllegalArgumentException(found + " (expected: " + expected + ")");
    }
    return value;
  }

  private static UUID uuid(ByteString bytes) {
    if (bytes.size() != 2 * Long.BYTES) {
      throw new IllegalArgumentException("bytes: " + bytes.size() + " (expected: 16)");
    }
    return Uuids.fromBytes(bytes);
  }

  private static Object constant(Class<?> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> ((Enum<?>) constant).name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown constant " + name));
  }

  private static Object several(Value value, Class<?> wanted, Type... of) {
    List<Value> values =
        expect(value.getKindCase(), Value.KindCase.LIST, value).getList().getValuesList();
    if (wanted == Map.class) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i + 1 < values.size(); i += 2) {
        map.put(read(values.get(i), of[0]), read(values.get(i + 1), of[1]));
      }
      return map;
    }
    List<Object> read = new ArrayList<>();
    values.forEach(each -> read.add(read(each, of[0])));
    if (wanted == Optional.class) {
      return read.stream().findFirst();
    }
    return wanted == Set.class ? new LinkedHashSet<>(read) : read;
  }
}
