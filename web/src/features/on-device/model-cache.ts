/** The name of the cache with the files of the model version that runs on this device. */
export const MODEL_CACHE = 'cytograph-model';
