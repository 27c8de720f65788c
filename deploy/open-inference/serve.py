"""Serves Cytograph's networks by the Open Inference Protocol, version 2: KServe's model server around ONNX Runtime.

    python serve.py --models FOLDER --http_port 8080 --enable_grpc=false

FOLDER contains the artifacts, at any depth: `models` in Cytograph's object store, or a copy of it. A network is loaded when Cytograph requests it by its name: `cytograph-` and the first 16 digits of the SHA-256 of its
`model.onnx`.
"""

import argparse
import asyncio
import hashlib
import pathlib

import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelRepository, ModelServer, model_server


def name_of(file: pathlib.Path) -> str:
    return "cytograph-" + hashlib.sha256(file.read_bytes()).hexdigest()[:16]


class Network(Model):
    def __init__(self, name: str, file: pathlib.Path, threads: int):
        super().__init__(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.ready = True

    async def predict(self, request: InferRequest, headers=None, response_headers=None) -> InferResponse:
        inputs = {tensor.name: tensor.as_numpy() for tensor in request.inputs}
        names = [output.name for output in self.session.get_outputs()]
        arrays = await asyncio.to_thread(self.session.run, names, inputs)
        outputs = []
        for name, array in zip(names, arrays):
            output = InferOutput(name, list(array.shape), "FP32")
            output.set_data_from_numpy(array, binary_data=request.use_binary_outputs)
            outputs.append(output)
        return InferResponse(request.id, self.name, outputs, use_binary_outputs=request.use_binary_outputs)

    def get_input_types(self):
        return [tensor_type(tensor) for tensor in self.session.get_inputs()]

    def get_output_types(self):
        return [tensor_type(tensor) for tensor in self.session.get_outputs()]


def tensor_type(tensor) -> dict:
    shape = [size if isinstance(size, int) else -1 for size in tensor.shape]
    return {"name": tensor.name, "datatype": "FP32", "shape": shape}


class Networks(ModelRepository):
    """Finds a network by its name when it is asked to load it."""

    def __init__(self, folder: str, threads: int):
        super().__init__(folder)
        self.threads = threads

    async def load(self, name: str) -> bool:
        files = pathlib.Path(self.models_dir).rglob("model.onnx")
        file = await asyncio.to_thread(lambda: next((file for file in files if name_of(file) == name), None))
        if file is None:
            raise FileNotFoundError(f"no model.onnx below {self.models_dir} has this name")
        self.update(await asyncio.to_thread(Network, name, file, self.threads))
        return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(parents=[model_server.parser])
    parser.add_argument("--models", required=True, help="Folder that contains the artifacts, at any depth.")
    parser.add_argument("--threads", type=int, default=0, help="Cores for one run of a network; 0: all.")
    arguments, _ = parser.parse_known_args()
    ModelServer(registered_models=Networks(arguments.models, arguments.threads)).start([])
