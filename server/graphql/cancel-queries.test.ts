import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GraphQLObjectType, GraphQLSchema, GraphQLString, graphql } from 'graphql';
import { cancelQueries } from './cancel-queries.js';

test('what a query has loaded does not stay in memory until its time limit', async () => {
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: { text: { type: GraphQLString, resolve: () => 'text' } },
    }),
  });
  cancelQueries(schema);
  const run = async () => {
    const context = { config: { queryTimeLimitMs: 600_000 }, signal: new AbortController().signal };
    expect(await graphql({ schema, source: '{ text }', contextValue: context })).toEqual({
      data: { text: 'text' },
    });
    return new WeakRef(context);
  };
  const context = await run();
  setFlagsFromString('--expose-gc');
  const collectGarbage: unknown = runInNewContext('gc');
  if (typeof collectGarbage !== 'function') throw new Error('V8 offers no collection of garbage.');
  for (let tries = 0; tries < 20 && context.deref(); tries++) {
    await sleep(10); // a WeakRef holds its object until the next turn of the event loop
    collectGarbage();
  }
  expect(context.deref()).toBeUndefined();
});
