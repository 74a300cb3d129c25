import { badValue, CommandError } from "../errors.ts";
import { type Declared, declaredKind } from "../index-kinds.ts";
import { compileAddFields } from "../query/projection.ts";
import { type Doc, isDoc, isNumber, type Value } from "../value.ts";
import type { DocumentStage } from "./document-stages.ts";

/**
 * The filter that the stage `$geoNear` stands for, which the search answers by distance (source: MongoDB manual,
 * "$geoNear (aggregation)").
 *
 * @throws {CommandError} IndexNotFound when no `key` is given and there is not just one index of places.
 */
export function geoNearFilter(operand: Value, indexes: readonly Declared[]): Doc {
  const { near, query, spherical, maxDistance, minDistance, key } = isDoc(operand) ? operand : {};
  const path = typeof key === "string" ? key : onlyPlaces(indexes);
  const limits: Doc = {
    ...(minDistance === undefined ? {} : { $minDistance: minDistance }),
    ...(maxDistance === undefined ? {} : { $maxDistance: maxDistance }),
  };
  const byGeometry = isDoc(near) && typeof near.type === "string";
  const condition: Doc = byGeometry
    ? { $nearSphere: { $geometry: near, ...limits } }
    : { [spherical === true ? "$nearSphere" : "$near"]: near as Value, ...limits };
  return { $and: [isDoc(query) ? query : {}, { [path]: condition }] };
}

/** The one path that has an index of places; a `2d` index goes before `2dsphere` ones. */
function onlyPlaces(indexes: readonly Declared[]): string {
  for (const wanted of ["2d", "2dsphere"]) {
    const paths = indexes
      .filter(({ spec, hidden }) => !hidden && declaredKind(spec.key as Doc) !== undefined)
      .flatMap(({ spec }) => Object.entries(spec.key as Doc))
      .flatMap(([path, kind]) => (kind === wanted ? [path] : []));
    if (paths.length > 1)
      throw new CommandError(
        "IndexNotFound",
        `There is more than one ${wanted} index; unsure which to use for $geoNear`,
      );
    if (paths[0] !== undefined) return paths[0];
  }
  throw new CommandError("IndexNotFound", "$geoNear requires a 2d or 2dsphere index, but none were found");
}

/**
 * What `$geoNear` adds to the documents that the search has found by distance.
 *
 * @throws {CommandError} 16605 without a `distanceField`, 50858 for options that are gone.
 */
export function geoNearFields(operand: Value): DocumentStage {
  if (!isDoc(operand)) throw badValue("$geoNear specification must be an object");
  const { near, distanceField, includeLocs, distanceMultiplier } = operand;
  if (near === undefined) throw new CommandError(5860400, "$geoNear requires a 'near' argument");
  if (typeof distanceField !== "string")
    throw new CommandError(16605, "$geoNear requires a 'distanceField' option as a String");
  if (includeLocs !== undefined && typeof includeLocs !== "string")
    throw new CommandError(16607, "$geoNear requires that 'includeLocs' option is a String");
  for (const gone of ["limit", "num", "start"]) {
    if (operand[gone] !== undefined)
      throw new CommandError(50858, `$geoNear no longer supports the '${gone}' parameter`);
  }
  if (distanceMultiplier !== undefined && !isNumber(distanceMultiplier))
    throw badValue("$geoNear requires that 'distanceMultiplier' is a number");
  const distance: Doc = { $meta: "geoNearDistance" };
  return compileAddFields({
    [distanceField]:
      distanceMultiplier === undefined ? distance : { $multiply: [distance, distanceMultiplier] },
    ...(includeLocs === undefined ? {} : { [includeLocs]: { $meta: "geoNearPoint" } }),
  });
}
