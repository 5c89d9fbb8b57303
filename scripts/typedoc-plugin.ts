// What has a name is documented property by property. An object type written in place has its words where it stands, such as an event that says
// what it carries in one sentence, or an object of defaults whose options are documented as options.
import { type Application, Converter, type ProjectReflection, ReflectionKind } from 'typedoc'

export function load(app: Application): void {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }: { project: ProjectReflection }) => {
    const inPlace = project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter((reflection) => reflection.parent?.kindOf(ReflectionKind.TypeLiteral) && !reflection.hasComment())
      .map((reflection) => reflection.getFullName())
    app.options.setValue('intentionallyNotDocumented', [...new Set(inPlace)])
  })
}
