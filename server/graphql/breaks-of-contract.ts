import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  specifiedScalarTypes,
} from 'graphql';

/**
 * The differences through which `actual` breaks `contract`: a schema coordinate with the reason for each type, field,
 * argument, input field, enum value or interface that is missing or has another type or nullability, and for each new
 * argument or input field that is required. Other additions break nothing.
 */
export function breaksOfContract(contract: GraphQLSchema, actual: GraphQLSchema): string[] {
  return Object.values(contract.getTypeMap())
    .filter(
      (type) => !type.name.startsWith('__') && !specifiedScalarTypes.some(({ name }) => name === type.name),
    )
    .flatMap((type) => breaksOfType(type, actual.getType(type.name)));
}

function breaksOfType(promised: GraphQLNamedType, actual: GraphQLNamedType | undefined): string[] {
  const { name } = promised;
  if (!actual) return [`${name} is missing`];
  if (actual.constructor !== promised.constructor) return [`${name} is of another kind`];

  if (isEnumType(promised) && isEnumType(actual)) {
    return promised
      .getValues()
      .filter((value) => !actual.getValue(value.name))
      .map((value) => `${name}.${value.name} is missing`);
  }
  if (isInputObjectType(promised) && isInputObjectType(actual)) {
    return breaksOfInputs(
      Object.values(promised.getFields()),
      Object.values(actual.getFields()),
      (field) => `${name}.${field}`,
      isRequiredInputField,
    );
  }
  if (
    (isObjectType(promised) && isObjectType(actual)) ||
    (isInterfaceType(promised) && isInterfaceType(actual))
  ) {
    const implemented = actual.getInterfaces().map((type) => type.name);
    const missing = promised.getInterfaces().filter((type) => !implemented.includes(type.name));
    return [
      ...missing.map((type) => `${name} does not implement ${type.name}`),
      ...Object.values(promised.getFields()).flatMap((field) => {
        const coordinate = `${name}.${field.name}`;
        const kept = actual.getFields()[field.name];
        if (!kept) return [`${coordinate} is missing`];
        const otherType =
          String(kept.type) === String(field.type)
            ? []
            : [`${coordinate} is ${String(kept.type)}, not ${String(field.type)}`];
        const argument = (argumentName: string) => `${coordinate}(${argumentName}:)`;
        return [...otherType, ...breaksOfInputs(field.args, kept.args, argument, isRequiredArgument)];
      }),
    ];
  }
  return [];
}

function breaksOfInputs<Input extends GraphQLArgument | GraphQLInputField>(
  promised: readonly Input[],
  actual: readonly Input[],
  coordinateOf: (name: string) => string,
  isRequired: (input: Input) => boolean,
): string[] {
  const changed = promised.flatMap(({ name, type }) => {
    const kept = actual.find((input) => input.name === name);
    if (!kept) return [`${coordinateOf(name)} is missing`];
    return String(kept.type) === String(type)
      ? []
      : [`${coordinateOf(name)} is ${String(kept.type)}, not ${String(type)}`];
  });
  const demanded = actual.filter(
    (input) => isRequired(input) && !promised.some(({ name }) => name === input.name),
  );
  return [...changed, ...demanded.map(({ name }) => `${coordinateOf(name)} is new and required`)];
}
