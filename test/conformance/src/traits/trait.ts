/** One behaviour that a suite demands. Throws where the subject does not show it. */
export interface TraitCase<Subject> {
  readonly name: string;
  run(subject: Subject): Promise<void>;
}

/** A method as a trait calls it, with arguments that are right but for what the trait is about. */
export interface MethodUnderTest<Subject> {
  readonly name: string;
  call(subject: Subject, signal: AbortSignal): Promise<unknown>;
}

/** A method that takes a name from outside. */
export interface NamingMethodUnderTest<Subject> {
  readonly name: string;
  call(subject: Subject, name: string): Promise<unknown>;
}
