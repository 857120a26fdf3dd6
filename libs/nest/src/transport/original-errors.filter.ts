import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/**
 * Hands a batch handler's error to the strategy as it was thrown. Nest's own filter replaces it by a plain object
 * without type or fields, and then nobody can tell a lost disk from a record that cannot be read.
 */
@Catch()
export class OriginalErrorsFilter implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
