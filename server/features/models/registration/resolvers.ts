import type { Upload } from 'graphql-upload-minimal';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../api/context.js';
import { withUserErrors } from '../../../api/user-error.js';
import { UploadScalar } from '../../../api/upload/upload-scalar.js';
import { findModelVersion } from '../find-model.js';
import { registerExternalVersion } from './register-external-version.js';
import { RegisterModelVersionInput, RegisterModelVersionPayload } from './types.js';

@Resolver()
export class RegistrationResolver {
  @Mutation(() => RegisterModelVersionPayload, {
    description:
      "Registers a version that was trained elsewhere, from files named 'manifest.json', 'model.json' and 'weights.bin'. The server exports 'model.onnx' itself: the manifest may leave it out, and an uploaded one must be identical to the exported file.",
  })
  registerModelVersion(
    @Ctx() context: RequestContext,
    @Arg('files', () => [UploadScalar]) files: Upload[],
    @Arg('input', () => RegisterModelVersionInput) input: RegisterModelVersionInput,
  ) {
    return withUserErrors<RegisterModelVersionPayload>(async () => {
      const { modelVersionId } = await registerExternalVersion(context, files, input);
      return { modelVersion: await findModelVersion(context, modelVersionId) };
    });
  }
}
