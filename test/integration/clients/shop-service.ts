import { create, type Message, toBinary } from '@bufbuild/protobuf'
import { fileDesc, type GenMessage, type GenService, messageDesc, serviceDesc } from '@bufbuild/protobuf/codegenv2'
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'

/** As a file `shop.proto` would say it: messages with a text and a number each, and a service of two methods. */
const file = create(FileDescriptorProtoSchema, {
  name: 'shop.proto',
  package: 'shop',
  syntax: 'proto3',
  messageType: ['Query', 'Order'].map((name) => ({
    name,
    field: [
      { name: 'id', number: 1, type: FieldDescriptorProto_Type.STRING, label: FieldDescriptorProto_Label.OPTIONAL, jsonName: 'id' },
      { name: 'count', number: 2, type: FieldDescriptorProto_Type.INT32, label: FieldDescriptorProto_Label.OPTIONAL, jsonName: 'count' },
    ],
  })),
  service: [
    {
      name: 'Orders',
      method: [
        { name: 'Find', inputType: '.shop.Query', outputType: '.shop.Order' },
        { name: 'Watch', inputType: '.shop.Query', outputType: '.shop.Order', serverStreaming: true },
      ],
    },
  ],
})

type Query = Message<'shop.Query'> & { id: string; count: number }
type Order = Message<'shop.Order'> & { id: string; count: number }

const description = fileDesc(Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64'))
const QuerySchema: GenMessage<Query> = messageDesc(description, 0)
const OrderSchema: GenMessage<Order> = messageDesc(description, 1)

/** What a generator makes of `shop.proto`. */
export const Orders: GenService<{
  find: { methodKind: 'unary'; input: typeof QuerySchema; output: typeof OrderSchema }
  watch: { methodKind: 'server_streaming'; input: typeof QuerySchema; output: typeof OrderSchema }
}> = serviceDesc(description, 0)
