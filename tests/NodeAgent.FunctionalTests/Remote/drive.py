"""Drives a VM on a node elsewhere, knowing nothing of the contract but what reflection tells. Used by PythonClientTests.

usage: drive.py ADDRESS NODE CERTIFICATE KEY AUTHORITIES DISK
"""

import sys
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

address, node, certificate, key, authorities, disk = sys.argv[1:]
PATIENCE = 60


def read(path):
    with open(path, "rb") as file:
        return file.read()


# The reflection service's own messages, as far as they are needed (grpc/reflection/v1/reflection.proto).
REFLECTION = descriptor_pb2.FileDescriptorProto()
json_format.ParseDict(
    {
        "name": "reflection.proto",
        "package": "grpc.reflection.v1",
        "syntax": "proto3",
        "messageType": [
            {
                "name": "ServerReflectionRequest",
                "field": [{"name": "file_containing_symbol", "number": 4, "label": "LABEL_OPTIONAL", "type": "TYPE_STRING"}],
            },
            {
                "name": "FileDescriptorResponse",
                "field": [{"name": "file_descriptor_proto", "number": 1, "label": "LABEL_REPEATED", "type": "TYPE_BYTES"}],
            },
            {
                "name": "ServerReflectionResponse",
                "field": [
                    {
                        "name": "file_descriptor_response",
                        "number": 4,
                        "label": "LABEL_OPTIONAL",
                        "type": "TYPE_MESSAGE",
                        "typeName": ".grpc.reflection.v1.FileDescriptorResponse",
                    }
                ],
            },
        ],
    },
    REFLECTION,
)


class Client:
    def __init__(self, channel):
        self.channel = channel
        self.pool = descriptor_pool.DescriptorPool()
        self.pool.Add(REFLECTION)
        self.factory = message_factory.MessageFactory(self.pool)
        self.learned = set()
        for service in ("nodeagent.v1.VmService", "google.longrunning.Operations", "nodeagent.v1.OperationMetadata"):
            self.learn(service)

    def type(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def learn(self, symbol):
        request = self.type("grpc.reflection.v1.ServerReflectionRequest")
        response = self.type("grpc.reflection.v1.ServerReflectionResponse")
        ask = self.channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        files = {}
        for answer in ask(iter([request(file_containing_symbol=symbol)]), timeout=PATIENCE):
            for data in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(data)
                files[file.name] = file

        def add(file):
            if file.name in self.learned:
                return
            self.learned.add(file.name)
            for name in file.dependency:
                add(files[name])
            self.pool.Add(file)

        for file in files.values():
            add(file)

    def call(self, method, fields):
        service, name = method.split("/")
        facts = self.pool.FindServiceByName(service).FindMethodByName(name)
        request = self.factory.GetPrototype(facts.input_type)
        response = self.factory.GetPrototype(facts.output_type)
        kind = self.channel.unary_stream if name.startswith("Watch") else self.channel.unary_unary
        stub = kind(f"/{method}", request_serializer=request.SerializeToString, response_deserializer=response.FromString)
        return stub(json_format.ParseDict(fields, request()), timeout=PATIENCE)

    def vm(self, verb, fields):
        return self.call(f"nodeagent.v1.VmService/{verb}", fields)

    def finish(self, verb, fields):
        operation = self.vm(verb, fields)
        ended = self.call("google.longrunning.Operations/WaitOperation", {"name": operation.name, "timeout": f"{PATIENCE}s"})
        print(f"{verb}: {'done' if ended.done and not ended.HasField('error') else ended}", flush=True)


def state(vm):
    kind = vm.status.DESCRIPTOR.fields_by_name["state"].enum_type
    return kind.values_by_number[vm.status.state].name


credentials = grpc.ssl_channel_credentials(read(authorities), read(key), read(certificate))
# The node's name is its id; this library wants it as the name of a host, and the certificate has it as such.
with grpc.secure_channel(address, credentials, options=[("grpc.ssl_target_name_override", node)]) as channel:
    client = Client(channel)
    spec = {
        "cpu": {"vcpus": 1},
        "memory_bytes": str(32 << 20),
        "accelerator": "ACCELERATOR_TCG",
        "disks": [{"path": disk, "format": "DISK_FORMAT_RAW"}],
    }
    created = client.vm("CreateVm", {"vm": {"name": "foreign", "spec": spec}, "request_id": str(uuid.uuid4())})
    print(f"CreateVm: {created.name}, {state(created)}", flush=True)
    watch = client.vm("WatchVms", {})
    client.finish("StartVm", {"vm": "foreign"})
    for change in watch:
        if change.HasField("vm") and change.vm.name == "foreign" and state(change.vm) == "VM_STATE_RUNNING":
            print("WatchVms: VM_STATE_RUNNING", flush=True)
            break
    watch.cancel()
    client.finish("StopVm", {"vm": "foreign", "force": True})
    print(f"GetVm: {state(client.vm('GetVm', {'vm': 'foreign'}))}", flush=True)
    client.vm("DeleteVm", {"vm": "foreign"})
    try:
        client.vm("GetVm", {"vm": "foreign"})
    except grpc.RpcError as error:
        print(f"GetVm: {error.code().name}", flush=True)
