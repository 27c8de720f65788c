import { useQuery } from '@apollo/client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { isUnreachable } from '../../session/is-unreachable.js';
import { describeError } from '../../ui/describe-error.js';
import type { TargetChoice } from '../predictions/target-choice.js';
import { answeringVersionQuery, deviceVersion } from './answering-version.js';
import { type DeviceClassifier, startDeviceClassifier } from './device-classifier.js';
import type { HeldImages } from './held-images.js';
import type { DeviceVersion, Engine } from './messages.js';

/** Whether a version runs on this device. */
export type DeviceState =
  | { readonly kind: 'off' }
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'ready';
      readonly classifier: DeviceClassifier;
      readonly version: DeviceVersion;
      readonly engine: Engine;
      /** The version that ran before, if this one has just become the champion. */
      readonly replaced: DeviceVersion | null;
      /** Whether the server confirmed that this is the version that answers. */
      readonly isConfirmed: boolean;
    }
  | { readonly kind: 'failed'; readonly message: string };

export interface Device {
  readonly state: DeviceState;
  /** Stops the version that runs, because it failed. */
  fail: (message: string) => void;
  /** Loads the version again after a failure. */
  retry: () => void;
}

/** How often the app looks for a newer champion. */
const ASK_EVERY_MS = 60_000;

/**
 * Runs the version that answers on the server also on this device, while `isOn`. Loads the next champion when there is one; without
 * a connection, runs the version that ran last.
 */
export function useDevice(
  held: HeldImages,
  isOn: boolean,
  { modelName, modelVersionId }: Pick<TargetChoice, 'modelName' | 'modelVersionId'>,
): Device {
  const { data, error, refetch } = useQuery(answeringVersionQuery, {
    variables: { modelName, modelVersionId },
    skip: !isOn,
    fetchPolicy: 'network-only',
    pollInterval: ASK_EVERY_MS,
  });
  const classifier = useRef<DeviceClassifier | null>(null);
  const running = useRef<DeviceVersion | null>(null);
  const [state, setState] = useState<DeviceState>({ kind: 'off' });
  /** Counts how often the version was loaded after a failure. */
  const [attempt, setAttempt] = useState(0);
  const answering = data?.answeringVersion;
  const isUnknown = data === undefined && isUnreachable(error);

  const stop = useCallback(() => {
    classifier.current?.close();
    classifier.current = null;
    running.current = null;
  }, []);

  useEffect(() => {
    if (!isOn) return;
    const ask = () => void refetch().catch(() => undefined);
    window.addEventListener('online', ask);
    return () => window.removeEventListener('online', ask);
  }, [isOn, refetch]);

  useEffect(() => {
    if (!isOn || (!data && !error)) return;
    let isCurrent = true;
    const isConfirmed = error === undefined; // also after a connection that was lost
    const show = (next: DeviceState) => {
      if (isCurrent) setState(next);
    };
    void (async () => {
      const version = answering ? deviceVersion(answering) : isUnknown ? await held.lastVersion() : undefined;
      if (!version) throw new Error(isUnknown ? NO_VERSION_YET : data ? NO_CHAMPION : describeError(error));
      const before = running.current;
      if (before?.id === version.id) {
        setState((now) => (now.kind === 'ready' ? { ...now, isConfirmed } : now));
        return;
      }
      show({ kind: 'loading' });
      classifier.current ??= startDeviceClassifier();
      const engine = await classifier.current.load(version);
      running.current = version;
      await held.setLastVersion(version);
      const replaced = before?.modelName === version.modelName ? before : null;
      show({ kind: 'ready', classifier: classifier.current, version, engine, replaced, isConfirmed });
    })().catch((problem: unknown) => {
      if (!isCurrent) return;
      stop(); // a worker that has failed answers nothing more
      show({ kind: 'failed', message: problem instanceof Error ? problem.message : String(problem) });
    });
    return () => {
      isCurrent = false;
    };
  }, [held, isOn, data, error, answering, isUnknown, attempt, stop]);

  useEffect(() => {
    if (!isOn) return;
    return stop;
  }, [isOn, stop]);

  const fail = (message: string) => {
    stop();
    setState({ kind: 'failed', message });
  };
  const retry = () => {
    setState({ kind: 'loading' });
    setAttempt((before) => before + 1);
  };
  if (!isOn) return { state: { kind: 'off' }, fail, retry };
  return { state: state.kind === 'off' ? { kind: 'loading' } : state, fail, retry };
}

const NO_CHAMPION = 'No version can answer: the chosen model has no champion.';
const NO_VERSION_YET =
  'The server cannot be reached, and no model has been loaded on this device yet. Turn this on once while connected.';
