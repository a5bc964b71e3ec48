/** From an OpenAPI document on standard input to TypeScript on standard output. */
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const types = await openapiTS(JSON.parse(await text(process.stdin)), {
  alphabetize: true,
  emptyObjectsUnknown: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
});
process.stdout.write(astToString(types));
